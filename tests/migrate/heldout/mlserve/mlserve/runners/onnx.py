from .base import ModelRunner, register


@register(".onnx")
class OnnxRunner(ModelRunner):
    def _load(self):
        import onnxruntime as ort
        return ort.InferenceSession(str(self.path), providers=self.options.get("providers"))

    def predict(self, x):
        name = self.model.get_inputs()[0].name
        return self.model.run(None, {name: x})[0]


@register(".onnx.int8")
class QuantizedOnnxRunner(OnnxRunner):
    def warmup(self):
        import numpy as np
        self.predict(np.zeros((1, 3, 224, 224), dtype="uint8"))
