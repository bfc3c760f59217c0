from .provider import TTSProvider
from .. import fx
from ..core import base


class EspeakEngine(TTSProvider):
    def connect(self):
        import pyttsx3

        self._engine = pyttsx3.init("espeak")
        self._engine.setProperty("rate", self.config.get("rate", 170))

    def disconnect(self):
        self._engine.stop()

    def speak(self, text):
        self._engine.save_to_file(text, "/tmp/x.wav")
        self._engine.runAndWait()
        return fx.Reverb().apply(open("/tmp/x.wav", "rb").read())


class PollyEngine(TTSProvider):
    def connect(self):
        import boto3

        self._polly = boto3.client("polly", region_name=self.config.get("region", "eu-central-1"))

    def disconnect(self):
        self._polly = None

    def speak(self, text):
        return self._polly.synthesize_speech(Text=text, VoiceId=self.config["voice"])["AudioStream"].read()


class Mixer(base.Component):
    def setup(self):
        import sounddevice

        self.out = sounddevice.OutputStream()
        self.out.start()

    def teardown(self):
        self.out.stop()
        self.out.close()


class VoiceNotFound(LookupError):
    pass
