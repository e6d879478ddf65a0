"""On a GPU that is not there: weights and every tensor go to the address that Spark gave, and its memory running out is survived."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from pyspark import TaskContext
from torch.overrides import TorchFunctionMode

from bubblenet.engines import devices
from bubblenet.engines.protocol import DeadEngineError, EngineSpec, GenerationRequest, LabelRequest, LikelihoodRequest, Prompt
from bubblenet.engines.transformers import TransformersEngine
from bubblenet.engines.weights import describe

ADDRESS = "cuda:3"
FACTORIES = {getattr(torch, name) for name in ("tensor", "arange", "full", "zeros", "ones", "empty", "rand", "as_tensor", "linspace")}
PASSAGES = ["Honey keeps for years in a closed jar. " * 4, "A tyre is changed with a jack and a wrench. " * 4]


class StandIn(TorchFunctionMode):
    """The CPU plays the device at ADDRESS. Notes what was moved or made there, what was made without naming a device, and any other."""

    def __init__(self) -> None:
        super().__init__()
        self.moved = self.made = 0
        self.homeless: list[str] = []
        self.others: set[str] = set()

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if function is torch.Tensor.to and len(args) > 1 and isinstance(args[1], (str, torch.device)):
            self.moved += str(args[1]) == ADDRESS
            args = (args[0], self._real(args[1]), *args[2:])
        elif function in FACTORIES and kwargs.get("device") is None:
            self.homeless.append(f"{function.__name__}{args}")
        elif function in FACTORIES:
            self.made += str(kwargs["device"]) == ADDRESS
            kwargs["device"] = self._real(kwargs["device"])
        return function(*args, **kwargs)

    def _real(self, device) -> torch.device:
        if str(device) not in (ADDRESS, "cpu"):  # "cpu" is what a tensor on the stand-in says of itself
            self.others.add(str(device))
        return torch.device("cpu" if str(device) == ADDRESS else device)

    def forget_loading(self) -> None:
        """How the library reads files is its own business; what counts then is what was moved in the end."""
        self.homeless.clear()
        self.others.clear()


@pytest.fixture
def task(monkeypatch) -> None:
    """A Spark task that was given the GPU at ADDRESS."""
    context = SimpleNamespace(resources=lambda: {"gpu": SimpleNamespace(addresses=[ADDRESS.removeprefix("cuda:")])})
    monkeypatch.setattr(devices, "_GPU_NODES", ("/dev/null",))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(TaskContext, "get", classmethod(lambda cls: context))


@pytest.fixture
def emptied(monkeypatch) -> list[bool]:
    calls: list[bool] = []
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: calls.append(True))
    return calls


def load(model_folder) -> TransformersEngine:
    source = describe(str(model_folder))
    return TransformersEngine.load(EngineSpec("transformers", source.source, source.digest, dtype="float32"))


def requests() -> list[GenerationRequest]:
    return [GenerationRequest(f"{n}", Prompt(f"{PASSAGES[n % 2]} {n}?"), 8, 0.7 * (n % 3), 0.9, seed=n) for n in range(12)]


def test_weights_and_every_tensor_are_on_the_gpu_of_the_task(task, emptied, model_folder):
    with StandIn() as device:
        engine = load(model_folder)
        module = engine._model.model
        assert device.moved == len(list(module.parameters())) + len(list(module.buffers()))
        device.forget_loading()
        assert all(answer.error is None for answer in engine.generate(requests()))
        assert all(answer.error is None for answer in engine.log_likelihood([LikelihoodRequest("a", Prompt(PASSAGES[0]), "Why?")]))
        rated = engine.label_distribution([LabelRequest(f"{n}", Prompt(PASSAGES[n] * 2), ("1", "2")) for n in range(2)])
        assert all(answer.error is None for answer in rated)
    assert device.made > 20
    assert device.homeless == []
    assert device.others == set()


def test_memory_of_the_gpu_that_runs_out_is_given_back_and_a_smaller_batch_tried(task, emptied, model_folder, monkeypatch):
    with StandIn():
        engine = load(model_folder)
        wanted = engine.generate(requests())
        read, sizes = engine._model.read_prefixes, []

        def small_memory(prefixes, root=()):
            sizes.append(len(prefixes))
            if len(prefixes) > 1:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
            return read(prefixes, root)

        monkeypatch.setattr(engine._model, "read_prefixes", small_memory)
        assert engine.generate(requests()) == wanted
    assert max(sizes) > 1
    assert emptied


def test_a_dead_gpu_is_no_rows_fault(task, emptied, model_folder, monkeypatch):
    def dead(prefixes, root=()):
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    with StandIn():
        engine = load(model_folder)
        monkeypatch.setattr(engine._model, "read_prefixes", dead)
        with pytest.raises(DeadEngineError, match="illegal memory access"):
            engine.generate(requests())
