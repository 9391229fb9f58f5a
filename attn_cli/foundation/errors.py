"""The errors that users can correct. Each message is one line: the problem, its location, and a remedy.

    AttnMTError
    ├── SettingsError       a setting, or a combination of settings, makes no sense
    ├── CorpusError         parallel text is missing, unreadable, or its sides do not match
    │   └── VocabularyError   its characters are more than the vocabulary has room for
    ├── WorkspaceError      a name does not exist, or must not be overwritten
    ├── ModelFolderError    a model on disk is incomplete, damaged, or newer than this program
    ├── TrainingStateError  a training cannot be resumed from its files
    ├── DivergedError       a training's loss is no longer a finite number, or far worse than guessing
    └── OutOfMemoryError    a training needs more memory than there is

A message names a setting or a parameter in backquotes, as the code spells it. The command line writes its option
instead (--hidden-size for `hidden_size`), prints `error: MESSAGE` on stderr and exits with 1. A SettingsError about its
own options is a usage error, with exit code 2.
"""

import re


class AttnMTError(Exception):
    """An error that a user can cause and correct; its message is written for that user."""


class SettingsError(AttnMTError):
    """A setting is unknown, out of its range, or excluded by another one."""


class CorpusError(AttnMTError):
    """Parallel text is missing, is not UTF-8, or its two sides do not match."""


class VocabularyError(CorpusError):
    """Parallel text has more different characters than the vocabulary has room for."""


class WorkspaceError(AttnMTError):
    """A corpus or model name does not exist, or stands for files that must not be overwritten."""


class ModelFolderError(AttnMTError):
    """A model folder is incomplete, damaged, or written by a newer version."""


class TrainingStateError(AttnMTError):
    """There is nothing to resume, or it does not belong to this training."""


class DivergedError(AttnMTError):
    """The loss of a training is infinite, not a number, or far worse than guessing."""


class OutOfMemoryError(AttnMTError):
    """A training needs more memory than there is."""


def lacks_memory(error: BaseException) -> bool:
    """Return whether `error` says that memory could not be allocated; torch has more than one class for that."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError)
        and re.search("out of memory|not enough memory|allocate memory|ALLOC_FAILED", str(error)) is not None
    )
