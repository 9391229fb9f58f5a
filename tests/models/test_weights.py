"""Weights on disk: each form is read as float32, and a damaged or hostile file is refused."""

import numpy as np
import pytest
import safetensors.numpy

from attn_cli.foundation.errors import ModelFolderError
from attn_cli.models.weights import most_bytes, pack, unpack

RANDOM = np.random.default_rng(1)
WEIGHTS = {
    "matrix.weight": RANDOM.normal(0, 0.3, (40, 30)).astype(np.float32),
    "matrix.bias": RANDOM.normal(0, 1, 40).astype(np.float32),
    "zeros.weight": np.zeros((3, 5), dtype=np.float32),
}
SHAPES = {name: array.shape for name, array in WEIGHTS.items()}


def test_float32_is_exact():
    for name, array in unpack(pack(WEIGHTS, "float32"), SHAPES).items():
        assert array.tobytes() == WEIGHTS[name].tobytes()


@pytest.mark.parametrize("storage_type", ["float32", "float16", "int8"])
def test_the_order_of_a_matrix_in_memory_makes_no_difference(storage_type):
    """int8 weights are read with their columns one after the other."""
    by_columns = {name: np.asfortranarray(array) for name, array in WEIGHTS.items()}
    assert pack(by_columns, storage_type) == pack(WEIGHTS, storage_type)


@pytest.mark.parametrize("storage_type", ["float32", "float16", "int8"])
def test_all_forms_are_read_as_float32_under_the_same_names(storage_type):
    read = unpack(pack(WEIGHTS, storage_type), SHAPES)
    assert {name: (array.dtype, array.shape) for name, array in read.items()} == {
        name: (np.float32, array.shape) for name, array in WEIGHTS.items()
    }


def test_float16_is_rounded_to_its_precision():
    for name, array in unpack(pack(WEIGHTS, "float16"), SHAPES).items():
        np.testing.assert_array_equal(array, WEIGHTS[name].astype(np.float16).astype(np.float32))


def test_int8_is_off_by_half_a_step_of_its_row_at_most_and_vectors_are_exact():
    read = unpack(pack(WEIGHTS, "int8"), SHAPES)
    matrix = WEIGHTS["matrix.weight"]
    step = np.abs(matrix).max(axis=1, keepdims=True) / 127
    assert (np.abs(read["matrix.weight"] - matrix) <= step * 0.5001).all()
    np.testing.assert_allclose(np.abs(read["matrix.weight"]).max(axis=1), np.abs(matrix).max(axis=1), rtol=1e-6)
    np.testing.assert_array_equal(read["matrix.bias"], WEIGHTS["matrix.bias"])
    np.testing.assert_array_equal(read["zeros.weight"], WEIGHTS["zeros.weight"])


def test_int8_takes_a_quarter_of_the_space_and_float16_half():
    weights = {"w": RANDOM.normal(0, 1, (500, 400)).astype(np.float32)}
    sizes = {storage_type: len(pack(weights, storage_type)) for storage_type in ("float32", "float16", "int8")}
    assert sizes["float16"] / sizes["float32"] == pytest.approx(0.5, abs=0.01)
    assert sizes["int8"] / sizes["float32"] == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize(
    "tensors",
    [
        {"w": np.ones((3, 2), dtype=np.int8)},
        {"w": np.ones((3, 2), dtype=np.int8), "w.scale": np.ones(2, dtype=np.float32)},
        {"w": np.ones((3, 2), dtype=np.int8), "w.scale": np.ones((3, 2), dtype=np.float32)},
        {"w": np.ones(3, dtype=np.int8), "w.scale": np.ones(3, dtype=np.float32)},
        {"w": np.ones((3, 2), dtype=np.float32), "w.scale": np.ones(3, dtype=np.float32)},
        {"w": np.ones((3, 2), dtype=np.int64)},
        {"w": np.ones((3, 2), dtype=np.float64)},
    ],
    ids=["no scale", "wrong scale", "scale per number", "vector", "scaled float", "int64", "float64"],
)
def test_a_tensor_of_another_form_is_refused(tensors):
    with pytest.raises(ModelFolderError, match=r"w is|w\.scale has another shape"):
        unpack(safetensors.numpy.save(tensors), {"w": tensors["w"].shape})


@pytest.mark.parametrize(
    "content",
    [b"", b"garbage", b"\xff" * 9, bytes(8), b"\x02" + bytes(7) + b"[]", b"\x08" + bytes(7) + b'{"w": 3}'],
    ids=repr,
)
def test_a_file_that_is_not_safetensors_is_refused(content):
    with pytest.raises(ModelFolderError, match="not a file of weights"):
        unpack(content, {})


@pytest.mark.parametrize(
    "tensors",
    [
        {name: array for name, array in WEIGHTS.items() if name != "matrix.bias"},
        WEIGHTS | {"another": np.ones(3, dtype=np.float32)},
        WEIGHTS | {"matrix.weight": WEIGHTS["matrix.weight"].T.copy()},
        WEIGHTS | {"matrix.bias": np.ones(0, dtype=np.float32)},
        WEIGHTS | {"matrix.bias": np.ones((), dtype=np.float32)},
    ],
    ids=["missing", "another", "transposed", "empty", "a number"],
)
def test_tensors_of_other_names_or_shapes_are_refused_before_they_are_read(tensors, monkeypatch):
    monkeypatch.setattr(safetensors.numpy, "load", None)
    with pytest.raises(ModelFolderError, match=r"do not fit config\.json"):
        unpack(safetensors.numpy.save(tensors), SHAPES)


@pytest.mark.parametrize("kind", ["BF16", "F8_E4M3", "U8", "x" * 1000])
def test_a_tensor_of_a_type_that_is_not_known_is_refused(kind):
    content = pack(WEIGHTS, "float16").replace(b'"F16"', f'"{kind}"'.encode())
    size = len(content) - len(pack(WEIGHTS, "float16")) + int.from_bytes(content[:8], "little")
    with pytest.raises(ModelFolderError, match=f"is {kind[:4]}") as caught:
        unpack(size.to_bytes(8, "little") + content[8:], SHAPES)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("storage_type", ["float32", "float16", "int8"])
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, 3e38])
@pytest.mark.parametrize("name", ["matrix.weight", "matrix.bias"])
def test_numbers_with_which_nothing_can_be_computed_are_refused(name, number, storage_type):
    damaged = WEIGHTS[name].copy()
    damaged.reshape(-1)[7] = number
    with np.errstate(all="ignore"):
        content = pack(WEIGHTS | {name: damaged}, storage_type)
    with pytest.raises(ModelFolderError, match="infinite, too large, or not numbers"):
        unpack(content, SHAPES)


def test_no_form_takes_more_bytes_than_the_limit():
    narrow = {"w": np.ones((1000, 1), dtype=np.float32)}
    for weights, storage_type in [(WEIGHTS, "float32"), (narrow, "int8")]:
        shapes = {name: array.shape for name, array in weights.items()}
        assert len(pack(weights, storage_type)) < most_bytes(shapes) < len(pack(weights, storage_type)) + 2**20 + 10_000


def test_a_long_word_in_a_header_makes_a_short_message():
    content = pack(WEIGHTS, "float32").replace(b'"data_offsets":[0', b'"data_offsets":["' + b"x" * 10_000 + b'"', 1)
    size = len(content) - len(pack(WEIGHTS, "float32")) + int.from_bytes(content[:8], "little")
    with pytest.raises(ModelFolderError, match="not a file of weights") as caught:
        unpack(size.to_bytes(8, "little") + content[8:], SHAPES)
    assert len(str(caught.value)) < 300


def test_a_type_that_is_a_list_is_refused():
    content = pack(WEIGHTS, "float32").replace(b'"F32"', b"[3,4]")
    with pytest.raises(ModelFolderError, match="in a form that is not known"):
        unpack(content, SHAPES)
