import imaplib


class Mailbox:
    """Bounce mailbox polled by the app."""

    def __init__(self, host, user, password, folder="INBOX"):
        self.host, self.user, self.password, self.folder = host, user, password, folder
        self.imap = None

    def connect(self):
        self.imap = imaplib.IMAP4_SSL(self.host)
        self.imap.login(self.user, self.password)
        self.imap.select(self.folder)

    def shutdown(self):
        self.imap.close()
        self.imap.logout()

    def unseen(self):
        _, data = self.imap.search(None, "UNSEEN")
        for num in data[0].split():
            _, parts = self.imap.fetch(num, "(RFC822)")
            yield parts[0][1]
