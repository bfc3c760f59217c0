from speech.root import SpeechRoot, Whisperer

__all__ = ["SpeechRoot", "Whisperer"]
