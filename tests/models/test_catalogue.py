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
    packaged, other = packaged_models()
    assert (packaged.name, other.name) == ("general-en-fr", "general-fr-en")
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
    with pytest.raises(ModelFolderError, match=f"^{name}: no such model in .*similar names? (is|are) {similar}"):
        open_model(name)


def test_up_to_three_models_with_similar_names_are_suggested(home):
    for name in ("en-fr-1", "en-fr-2", "en-fr-3", "en-fr-4", "japanese"):
        make_model(home, name, trained_at=1000)
    with pytest.raises(ModelFolderError, match=r"similar names are en-fr-\d, en-fr-\d and en-fr-\d$"):
        open_model("en-fr-9")


@pytest.mark.usefixtures("home")
def test_folders_beside_a_missing_one_are_suggested_as_they_are_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_model(tmp_path, "copied", trained_at=1000)
    (tmp_path / "models" / "copiet").mkdir()  # it holds no model
    with pytest.raises(ModelFolderError, match=r"^\./models/copies/: .*similar name is \./models/copied$"):
        open_model("./models/copies/")


def test_the_environment_chooses_the_default_model(home, monkeypatch):
    make_model(home, "last", trained_at=2000)
    folder = make_model(home, "first", trained_at=1000)
    monkeypatch.setenv("ATTN_MT_MODEL", "first")
    assert default_model() == (folder, False)
    monkeypatch.setenv("ATTN_MT_MODEL", "general-en-fr")
    assert default_model()[0].name == "general-en-fr"
    monkeypatch.setenv("ATTN_MT_MODEL", "firts")
    with pytest.raises(ModelFolderError, match=r"^ATTN_MT_MODEL: firts: .*first"):
        default_model()
