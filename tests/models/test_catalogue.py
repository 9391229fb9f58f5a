"""Models by name: the default one, and a name that means something else."""

import os
import re
import shutil
from pathlib import Path

import pytest

from attn_cli.foundation import storage
from attn_cli.foundation.errors import ModelFolderError, WorkspaceError
from attn_cli.models.catalogue import default_model, model_folder, open_model, packaged_models, trained_models

RELEASED = Path(__file__).parents[1] / "released" / "format-1" / "model"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty home."""
    monkeypatch.setenv("ATTN_MT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def make_model(home: Path, name: str, trained_at: int) -> Path:
    config = home / "models" / name / "config.json"
    config.parent.mkdir(parents=True)
    config.write_text("{}", encoding="utf-8")
    os.utime(config, (trained_at, trained_at))
    return config.parent


@pytest.mark.usefixtures("home")
def test_without_any_model_the_error_says_to_train_one(monkeypatch):
    monkeypatch.setattr(storage, "PACKAGE_DATA", ())
    with pytest.raises(WorkspaceError, match="train one first"):
        default_model()


def test_the_only_model_is_the_default(home):
    folder = make_model(home, "en-fr", trained_at=1000)
    assert default_model() == (folder, False)


def test_of_several_models_the_one_trained_last_is_the_default(home):
    folders = [make_model(home, name, at) for name, at in (("b", 2000), ("c", 3000), ("a", 1000))]
    assert trained_models() == [folders[1], folders[0], folders[2]]
    assert default_model() == (folders[1], True)


def test_a_folder_without_config_is_not_a_model_yet(home):
    complete = make_model(home, "complete", trained_at=1000)
    (make_model(home, "begun", trained_at=2000) / "config.json").unlink()
    assert default_model() == (complete, False)


def test_a_model_is_opened_by_name_and_by_folder(home):
    shutil.copytree(RELEASED, home / "models" / "digits")
    assert open_model("digits").folder == model_folder("digits") == home / "models" / "digits"
    assert open_model(str(home / "models" / "digits")).settings == open_model("digits").settings


@pytest.mark.usefixtures("home")
def test_without_a_trained_model_that_of_the_package_is_the_default():
    [packaged] = packaged_models()
    assert packaged.name == "general-en-fr"
    assert default_model() == (packaged, False)
    assert open_model("general-en-fr").folder == packaged


def test_a_trained_model_goes_before_one_of_the_package(home):
    folder = shutil.copytree(RELEASED, home / "models" / "general-en-fr")
    assert default_model() == (folder, False)
    assert open_model("general-en-fr").folder == folder


@pytest.mark.usefixtures("home")
def test_a_folder_of_that_name_here_is_suggested(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(RELEASED, tmp_path / "copied")
    with pytest.raises(ModelFolderError, match=re.escape("copied: no such model in") + ".*write ./copied"):
        open_model("copied")
    assert open_model("./copied").folder == tmp_path / "copied"
    with pytest.raises(ModelFolderError, match="no such model; train one"):
        open_model("other")


@pytest.mark.parametrize(("name", "similar"), [("general-en-fra", "general-en-fr"), ("digit", "digits")])
def test_the_model_with_the_most_similar_name_is_suggested(home, name, similar):
    make_model(home, "digits", trained_at=1000)
    with pytest.raises(ModelFolderError, match=f"^{name}: no such model in .*similar name is {similar}$"):
        open_model(name)
