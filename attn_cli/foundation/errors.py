"""What can go wrong, as a small tree. Each message is one line: what, where, what to do.

    AttnMTError
    ├── SettingsError       a setting, or a combination of settings, makes no sense
    ├── CorpusError         parallel text is missing, unreadable, or its sides do not match
    ├── WorkspaceError      a name stands for nothing, or for something that already exists
    ├── ModelFolderError    a model on disk is incomplete, damaged, or newer than this program
    ├── TrainingStateError  a training cannot be resumed from what is on disk
    └── DivergedError       a training's loss is no longer a number

The command line turns each into `error: MESSAGE` on stderr and exit code 1; a SettingsError of its options into 2.
"""


class AttnMTError(Exception):
    """Anything a user can cause and mend; its text is meant for that user."""


class SettingsError(AttnMTError):
    """A setting is out of its range, unknown, or does not go with another one."""


class CorpusError(AttnMTError):
    """Parallel text is missing, is not UTF-8, or its two sides do not match."""


class WorkspaceError(AttnMTError):
    """A corpus or model name stands for nothing, or for something that must not be overwritten."""


class ModelFolderError(AttnMTError):
    """A model folder is incomplete, damaged, or written by a newer version."""


class TrainingStateError(AttnMTError):
    """There is nothing to resume, or it does not belong to this training."""


class DivergedError(AttnMTError):
    """The loss of a training is infinite or not a number."""
