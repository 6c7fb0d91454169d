// What packers hear without looking: a short high tone for right, two low ones for wrong, three rising ones for a full box.

/** @type {AudioContext | null} */
let audio = null;

/** @type {Readonly<Record<"good" | "wrong" | "done", readonly (readonly [hertz: number, at: number, long: number])[]>>} */
const TONES = {
  good: [[1_200, 0, 0.06]],
  wrong: [[220, 0, 0.25], [180, 0.3, 0.35]],
  done: [[880, 0, 0.08], [1_100, 0.1, 0.08], [1_400, 0.2, 0.14]],
};

/** Silent where the browser lets nobody make a sound. @param {keyof TONES} what */
export function sound(what) {
  if (what === "wrong") navigator.vibrate?.([200, 80, 200]);
  // no sound before somebody touched the page: the browser would complain
  if (navigator.userActivation?.hasBeenActive !== true) return;
  try {
    audio ??= new AudioContext();
    for (const [hertz, at, long] of TONES[what]) {
      const tone = audio.createOscillator();
      const loudness = audio.createGain();
      loudness.gain.value = what === "wrong" ? 0.4 : 0.15;
      tone.frequency.value = hertz;
      tone.type = what === "wrong" ? "square" : "sine";
      tone.connect(loudness).connect(audio.destination);
      tone.start(audio.currentTime + at);
      tone.stop(audio.currentTime + at + long);
    }
  } catch {
    audio = null;
  }
}
