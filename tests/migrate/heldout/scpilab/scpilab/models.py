from scpilab import instrument as inst


class RigolDS1054(inst.Scope):
    idn_prefix = "RIGOL"

    def on_open(self):
        self.tell(":WAV:MODE NORM")
        self.tell(":WAV:FORM ASC")

    def waveform(self, channel):
        self.tell(f":WAV:SOUR CHAN{channel}")
        return [float(v) for v in self.ask(":WAV:DATA?")[11:].split(",")]


class KeysightMSOX(inst.Scope):
    idn_prefix = "KEYSIGHT"

    def waveform(self, channel):
        return [float(v) for v in self.ask(f":WAV:DATA? CHAN{channel}").split(",")]


class RohdeSMB(inst.SignalGenerator):
    idn_prefix = "Rohde"
