class NewsletterError(Exception):
    """All of ours."""

    def __init__(self, *args):
        super().__init__(*args)
        self.setup()

    def setup(self):
        self.code = 500


class Bounced(NewsletterError):
    def setup(self):
        self.code = 422
