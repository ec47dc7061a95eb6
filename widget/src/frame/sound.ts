/** A short chime for a new message. */

export function chime(context: AudioContext): void {
  [659.25, 880].forEach((frequency, at) => {
    const tone = context.createOscillator();
    const loudness = context.createGain();
    const from = context.currentTime + at * 0.12;
    tone.frequency.value = frequency;
    loudness.gain.setValueAtTime(0.0001, from);
    loudness.gain.exponentialRampToValueAtTime(0.12, from + 0.02);
    loudness.gain.exponentialRampToValueAtTime(0.0001, from + 0.35);
    tone.connect(loudness).connect(context.destination);
    tone.start(from);
    tone.stop(from + 0.4);
  });
}
