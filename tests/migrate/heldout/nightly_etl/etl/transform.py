class Transform(object):
    def setup(self, header):
        self.header = header

    def apply(self, row):
        return row


class Rename(Transform):
    def __init__(self, mapping):
        self.mapping = mapping

    def apply(self, row):
        return {self.mapping.get(k, k): v for k, v in row.items()}


class DropEmpty(Transform):
    def apply(self, row):
        return {k: v for k, v in row.items() if v not in ("", None)}


class TransformError(ValueError):
    def __init__(self, row, inner):
        ValueError.__init__(self, "%r: %s" % (row, inner))


class Pipeline(object):
    def __init__(self, source, sink, *steps):
        self.source, self.sink, self.steps = source, sink, steps

    def run(self):
        self.source.open()
        self.sink.open()
        try:
            for row in self.source.rows():
                for s in self.steps:
                    try:
                        row = s.apply(row)
                    except Exception as e:
                        raise TransformError(row, e)
                self.sink.write(row)
        finally:
            self.sink.close()
            self.source.close()
