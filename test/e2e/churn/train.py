"""Trains churn classifiers with scikit-learn and exports them with skl2onnx, an input for each column.

python train.py <Telco-Customer-Churn.csv> <folder>

Into the folder go <name>.onnx, and <name>.json with held-out customers as tensors of the inference protocol and what
ONNX Runtime for Python answers to them.
"""

import json
import sys
from pathlib import Path

import onnxruntime
import pandas
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

csv, folder = sys.argv[1], Path(sys.argv[2])
held_out = 200

data = pandas.read_csv(csv)
numbers = ["tenure", "MonthlyCharges", "TotalCharges"]
texts = [name for name in data.columns if name not in [*numbers, "customerID", "Churn"]]
data["TotalCharges"] = pandas.to_numeric(data["TotalCharges"], errors="coerce").fillna(0)
data[texts] = data[texts].astype(str)
train, test = data[:-held_out], data[-held_out:]

inputs = [(name, FloatTensorType([None, 1])) for name in numbers]
inputs += [(name, StringTensorType([None, 1])) for name in texts]

for name, classifier in {
    "logistic": LogisticRegression(max_iter=500),
    "boosting": GradientBoostingClassifier(n_estimators=30, random_state=1),
}.items():
    columns = ColumnTransformer(
        [("numbers", StandardScaler(), numbers), ("texts", OneHotEncoder(handle_unknown="ignore"), texts)]
    )
    pipeline = Pipeline([("columns", columns), ("classifier", classifier)])
    pipeline.fit(train[numbers + texts], train["Churn"])
    for ending, zipmap in {"maps": True, "table": False}.items():
        model = to_onnx(pipeline, initial_types=inputs, options={id(pipeline): {"zipmap": zipmap}})
        content = model.SerializeToString()
        session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
        feeds = {column: test[[column]].to_numpy().astype("float32") for column in numbers}
        feeds |= {column: test[[column]].to_numpy().astype(object) for column in texts}
        label, scores = session.run(None, feeds)
        classes = list(pipeline.classes_)
        table = [[row[key] for key in classes] for row in scores] if zipmap else scores.tolist()
        tensors = [
            {"name": column, "shape": [held_out, 1], "datatype": "FP32", "data": feeds[column].ravel().tolist()}
            for column in numbers
        ]
        tensors += [
            {"name": column, "shape": [held_out, 1], "datatype": "BYTES", "data": feeds[column].ravel().tolist()}
            for column in texts
        ]
        (folder / f"{name}-{ending}.onnx").write_bytes(content)
        (folder / f"{name}-{ending}.json").write_text(
            json.dumps(
                {
                    "tensors": tensors,
                    "classes": classes,
                    "outputs": [output.name for output in session.get_outputs()],
                    "label": label.tolist(),
                    "scores": table,
                }
            )
        )
