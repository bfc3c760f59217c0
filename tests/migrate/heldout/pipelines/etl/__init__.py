from etl.step import *
