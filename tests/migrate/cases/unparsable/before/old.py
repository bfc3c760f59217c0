class OldProvider:
    def __init__(self, config):
        print "hello", config

    def initialize(self):
        pass
