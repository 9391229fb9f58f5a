"""A reporter for tests."""


class Recorder:
    """Remembers the events of preparing and of training."""

    def __init__(self) -> None:
        self.plans, self.progress, self.validations, self.warnings = [], [], [], []
        self.stages, self.counts, self.cleanings, self.notes, self.results = [], [], [], [], []

    def doing(self, stage, _unit=""):
        self.stages.append(stage)

    def counted(self, done, share):
        self.counts.append((self.stages[-1], done, share))

    def cleaned(self, cleaning):
        self.cleanings.append(cleaning)

    def note(self, text):
        self.notes.append(text)

    def prepared(self, result):
        self.results.append(result)

    def started(self, plan):
        self.plans.append(plan)

    def progressed(self, progress):
        self.progress.append(progress)

    def validated(self, validation):
        self.validations.append(validation)

    def warned(self, warning):
        self.warnings.append(warning)
