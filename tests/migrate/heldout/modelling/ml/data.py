import json


class Dataset:
    def __init__(self, rows):
        self.rows = rows

    @classmethod
    def load(cls, path):
        with open(path) as file:
            return cls(json.load(file))

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, at):
        return self.rows[at]


class Shuffled(Dataset):
    def __iter__(self):
        yield from reversed(self.rows)


class Tokenizer:
    def __init__(self, vocabulary):
        self.vocabulary = vocabulary

    @classmethod
    def from_pretrained(cls, name):
        return cls({name: 0})

    def encode(self, text):
        return [self.vocabulary.get(word, 0) for word in text.split()]
