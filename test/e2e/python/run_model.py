"""Runs an ONNX model on a request of the inference protocol: run_model.py model.onnx request.json"""

import json
import sys

import numpy as np
import onnxruntime

types = {"INT64": np.int64, "FP64": np.float64}
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
with open(sys.argv[2]) as file:
    inputs = json.load(file)["inputs"]
feeds = {
    tensor["name"]: np.asarray(tensor["data"], dtype=types[tensor["datatype"]]).reshape(tensor["shape"])
    for tensor in inputs
}
(forecast,) = session.run(["forecast"], feeds)
print(json.dumps(forecast.ravel().tolist()))
