// The page of a notice: a code that came with the QR code is sent on, and leaves the address at once.
const form = document.getElementById("by-code");
const code = decodeURIComponent(location.hash.slice(1));
if (form && /^[A-Za-z2-7-]{10,11}$/.test(code)) {
  history.replaceState(null, "", location.pathname + location.search);
  form.elements.notice_code.value = code;
  form.requestSubmit();
}

const print = document.getElementById("print");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}

// Only a voice of the device itself reads it aloud: others send the words to somebody's server.
const aloud = document.getElementById("aloud");
const language = document.documentElement.lang;
const voice = () =>
  speechSynthesis.getVoices().find((v) => v.localService && v.lang.slice(0, 2) === language.slice(0, 2));
const offer = () => {
  aloud.hidden = !voice();
};
const speak = (said) => {
  const part = new SpeechSynthesisUtterance(said);
  part.voice = voice();
  part.lang = part.voice.lang;
  part.onend = () => speechSynthesis.pending || rest();
  speechSynthesis.speak(part);
};
const rest = () => {
  aloud.textContent = aloud.dataset.start;
};
if (aloud && "speechSynthesis" in window) {
  aloud.dataset.start = aloud.textContent;
  offer();
  speechSynthesis.addEventListener("voiceschanged", offer);
  aloud.addEventListener("click", () => {
    if (speechSynthesis.speaking) {
      speechSynthesis.cancel();
      rest();
      return;
    }
    document.querySelectorAll("h1, #told dt, #told dd").forEach((part) => speak(part.textContent));
    aloud.textContent = aloud.dataset.stop;
  });
  addEventListener("pagehide", () => speechSynthesis.cancel());
}
