from corp.platform.kernel import *
