import ast
from dataclasses import dataclass
from string import Template


class SafeVisitor(ast.NodeVisitor):
    def visit_Call(self, node):
        raise ValueError("calls are not allowed in a rule")


@dataclass(eq=False)
class Rule:
    when: str
    channel: str
    text: str

    def setup(self):
        SafeVisitor().visit(ast.parse(self.when, mode="eval"))
        self.template = Template(self.text)

    def match(self, employee):
        return eval(compile(self.when, "rule", "eval"), {}, vars(employee))


class Employee:
    def __init__(self, name, starts):
        self.name = name
        self.starts = starts


class DunderTemplate(Template):
    delimiter = "%"
