"""The cross-encoder itself: reads both sides of a pair at once and answers with a logit.

It knows one process and one thread. Every pair is a run of its own, without padding, so what it
gets does not hang on what else is asked: the same alone, in any batch and in any order. This
module alone imports onnxruntime and numpy, and only the process of its own imports this module.
"""

from __future__ import annotations

from collections.abc import Sequence

from aggregator.errors import ModelUnavailable
from aggregator.semantics.weights import INSTALL, read_weights
from aggregator.semantics.wordpiece import Text, WordPiece

try:
    import numpy
    import onnxruntime
    from onnxruntime.capi.onnxruntime_pybind11_state import (
        EPFail,
        Fail,
        InvalidArgument,
        InvalidGraph,
        InvalidProtobuf,
        RuntimeException,
    )
except ImportError as error:
    raise ModelUnavailable(f"the model's runtime cannot be loaded ({error}); {INSTALL}") from error

_FAILURES = (EPFail, Fail, InvalidArgument, InvalidGraph, InvalidProtobuf, RuntimeException)
_ERRORS_ONLY = 3  # of the runtime's levels of logging


class CrossEncoder:
    """A loaded model. Raises ModelUnavailable where the bytes are none that this runtime runs."""

    def __init__(self, weights: bytes) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = options.enable_mem_pattern = False  # nothing kept
        options.use_deterministic_compute = True
        options.log_severity_level = _ERRORS_ONLY
        # only the rewritings that hold on every machine
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        try:
            self._session = onnxruntime.InferenceSession(
                weights, options, providers=["CPUExecutionProvider"]
            )
        except _FAILURES as error:
            raise ModelUnavailable(f"the model cannot be loaded ({error})") from error
        about = self._session.get_modelmeta().custom_metadata_map
        self._pieces = WordPiece(about["vocabulary"].split("\n"))

    def logits(self, pairs: Sequence[tuple[Text, Text]]) -> list[float]:
        """How sure it is that both report one story: a logit for each pair, 0 where it is even.

        Which side comes first makes no difference. Raises ModelUnavailable where a run fails.
        """
        logits = []
        for a, b in pairs:
            read = self._pieces.pair(a, b)
            inputs = {
                "ids": numpy.array([read.ids], dtype=numpy.int64),
                "types": numpy.array([read.sides], dtype=numpy.int64),
            }
            try:
                (found,) = self._session.run(None, inputs)
            except _FAILURES as error:
                raise ModelUnavailable(f"the model failed at a pair ({error})") from error
            logits.append(float(found[0]))
        return logits


def load_cross_encoder() -> CrossEncoder:
    """The model of the package. Raises ModelUnavailable where it is missing or wrong."""
    return CrossEncoder(read_weights())
