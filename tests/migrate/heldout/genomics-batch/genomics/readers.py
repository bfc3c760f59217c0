import gzip
import io
import os
from collections import OrderedDict, namedtuple

import pysam

Variant = namedtuple('Variant', ['chrom', 'pos', 'ref', 'alt'])


class FastaRecord(namedtuple('FastaRecord', 'name seq')):
    def gc(self):
        return sum(c in 'GC' for c in self.seq) / len(self.seq)


class BgzipFile(io.RawIOBase):
    def __init__(self, path):
        self._f = gzip.open(path)

    def readinto(self, b):
        return self._f.readinto(b)

    def close(self):
        self._f.close()
        super().close()


class VcfReader:
    """for v in VcfReader(path): a file-like iterator"""

    def __init__(self, path):
        self._f = pysam.VariantFile(path)

    def __iter__(self):
        for r in self._f:
            yield Variant(r.chrom, r.pos, r.ref, r.alts[0])

    def close(self):
        self._f.close()


class LruDict(OrderedDict):
    def __init__(self, n):
        super().__init__()
        self.n = n

    def __setitem__(self, k, v):
        super().__setitem__(k, v)
        if len(self) > self.n:
            self.popitem(last=False)
