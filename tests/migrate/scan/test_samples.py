"""Every labelled sample is what its labels say."""

from __future__ import annotations

from pathlib import Path

import pytest

from purveyor.migrate.scan.kinds import classify
from purveyor.migrate.source.project import read_project
from tests.migrate.scan.samples import Sample, read_samples, write

SAMPLES = read_samples()


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.name for sample in SAMPLES])
def test_a_sample_is_what_its_labels_say(sample: Sample, tmp_path: Path) -> None:
    project = read_project(write(tmp_path, sample.files))
    answers = classify(project)
    assert list(answers) == list(project.classes)
    told = {(facts.file.path, facts.line): (each.kind, each.type) for facts, each in answers.items()}
    why = {facts.qualname: each.evidence for facts, each in answers.items()}
    assert told == sample.labels, why
    for each in answers.values():
        assert bool(each.roots) == (each.kind in ("provider", "base"))
        assert each.evidence


def test_there_are_as_many_that_are_none() -> None:
    names = [sample.name for sample in SAMPLES]
    assert sum(not name.startswith("negatives") for name in names) >= 40
    assert sum(name.startswith("negatives") for name in names) >= 40
    assert len(set(names)) == len(names)
