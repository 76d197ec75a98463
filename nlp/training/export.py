"""The learnt network as an int8 ONNX file: what onnxruntime runs, and what is calibrated and measured."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from nlp.training.network import Network


def export(model: Network, file: Path) -> None:
    """Write `file`; matrices and embeddings in 8 bits, a scale for each row or column."""
    model.eval()
    ids, mask = torch.randint(4, 1000, (2, 9)), torch.ones(2, 9)
    whole = file.with_suffix(".fp32.onnx")
    torch.onnx.export(model, (ids, mask), str(whole), input_names=["ids", "mask"], output_names=["logits"],
                      dynamic_axes={"ids": {0: "batch", 1: "length"}, "mask": {0: "batch", 1: "length"},
                                    "logits": {0: "batch"}}, opset_version=17, dynamo=False)
    quantize_dynamic(str(whole), str(file), weight_type=QuantType.QInt8, per_channel=True,
                     op_types_to_quantize=["MatMul", "Gemm", "Gather"])
    whole.unlink()
    onnx.checker.check_model(str(file))
