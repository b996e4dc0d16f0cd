"""FastAPI with the model inline, as most people serve one: python fastapi_server.py model.onnx port"""

import sys

import numpy as np
import onnxruntime
import uvicorn
from fastapi import FastAPI, Request

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
types = {"INT64": np.int64, "FP64": np.float64}
app = FastAPI()


@app.post("/")
async def infer(request: Request):
    body = await request.json()
    feeds = {
        tensor["name"]: np.asarray(tensor["data"], dtype=types[tensor["datatype"]]).reshape(tensor["shape"])
        for tensor in body["inputs"]
    }
    (forecast,) = session.run(["forecast"], feeds)
    return {
        "outputs": [
            {"name": "forecast", "datatype": "FP64", "shape": forecast.shape, "data": forecast.ravel().tolist()}
        ]
    }


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning", access_log=False)
