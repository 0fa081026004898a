// textarea[data-no-private-key]: a private key does not come in, or goes at once, before anything is sent; see dnssec/paste/secrets.py.
const UNSEEN = /[\0-\x20\\\x7f-\xa0\xad\u034f\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufe00-\ufe0f\ufeff\ufffd]/g;
const MARKERS = [
  /(?:--|[\u2010-\u2015\u2212])(?:begin|end)[a-z0-9+_.]{0,32}?(?:private|secret)[+_]?key/,
  /(?:private|secret)[+_]?key(?:[+_]?block)?(?:----|[\u2010-\u2015\u2212]{2})|dek-info:|proc-type:4,encrypted/,
  /private-?key-?format[^a-z0-9_]{0,3}v|private-?key:\(|priv:(?:[0-9a-f]{2}:){4}/,
  /(?:private[-_]?exponent|private_value\(x\)|prime[12]|exponent[12]|coefficient|gostasn1)["']?[:=]["']?[a-z0-9+/:_-]{8}/,
  /private[-_]?key["']?[:=>]["']?(?=[a-z/_-]{0,90}["'!?*]?[a-z/_-]{0,90}[0-9+=])[a-z0-9+/_-]{3,40}["'!?*]?[a-z0-9+/_-]{12}/,
  /secret["']?[:=]?["'][a-z0-9+/]{16}|hmac-(?:md5|sha\d{1,3})["':;,a-z.]{0,40}[a-z0-9+/]{22}={1,2}/,
  /putty-user-key-file|private-(?:lines|mac|hash):|openssh-key-v1|sshprivatekeyfileformat/,
  /age-secret-key-(?:pq-)?1|(?:signify|minisign(?:encrypted)?)secretkey/,
  /["'](?:dp|dq|qi)["']:["'][a-z0-9+/_-]{8}|<(?:\w{1,9}:)?(?:d|dp|dq|inverseq)>[a-z0-9+/_-]{8}/,
  /^(?=.*["'](?:kty|crv)["']).*["']d["'][:=,]?["'][a-z0-9+/_-]{16}|^(?=.*["']kty["']:)(?=.*oct).*["']k["']:["'][a-z0-9+/_-]{8}/,
  /^(?=.*rsakeyvalue).*<(?:\w{1,9}:)?[pq]>[a-z0-9+/_-]{8}/,
];
// How private keys begin in DER: PKCS #8, PKCS #1 and DSA, SEC 1, PKCS #12, and encrypted PKCS #8.
const SIZE = "(?:[\\0-\\x80]|\\x81.|\\x82..|\\x83...)";
const PKCS = "\\x2a\\x86\\x48\\x86\\xf7\\x0d\\x01"; // The arc of RSA's standards.
const KIND = `${PKCS}(?:\\x01\\x01|\\x03\\x01)|\\x2a\\x86\\x48\\xce(?:\\x3d\\x02|\\x38\\x04|\\x3e\\x02)\\x01|\\x2b\\x65[no]`;
const DER = new RegExp(`\\x30${SIZE}(?:${[
  `\\x02\\x01[\\0\\x01]\\x30(?:${SIZE}\\x06.(?:${KIND})|\\x05\\x06\\x03...\\x04|\\x0b\\x06\\x09.{9}\\x04)`,
  "\\x02\\x01[\\0\\x01]\\x02(?:[\\x20-\\x7f]|\\x81[\\x80-\\xff]|\\x82[\\x01-\\x10].)|\\x02\\x01\\x01\\x04[\\x10-\\x48]",
  `\\x02\\x01\\x03\\x30${SIZE}\\x06\\x09${PKCS}\\x07|\\x30${SIZE}\\x06(?:\\x09${PKCS}\\x05|\\x0a${PKCS}\\x0c\\x01)`,
].join("|")})`, "s");

function holds(text, layers = 2) {
  const compact = text.replace(/\\[nrt]|%(?:20|0a|0d)/gi, "").replace(UNSEEN, "");
  if (MARKERS.some((marker) => marker.test(compact.toLowerCase()))) return true;
  const letters = compact.replace(/-/g, "+").replace(/_/g, "/").replace(/[^A-Za-z0-9+/]/g, "A");
  return layers > 0 && [0, 1, 2, 3].some((start) => { // Base64 may begin at any letter of a group.
    const octets = atob(letters.slice(start, letters.length - ((letters.length - start) & 3)));
    const inner = octets.replace(/\0/g, "").match(/[\t\n\r -~]{14,}/g);
    return DER.test(octets) || (inner !== null && holds(inner.join("\n"), layers - 1));
  });
}

function refuse(field, event) {
  event.preventDefault();
  event.stopImmediatePropagation();
  field.value = "";
  document.getElementById(field.dataset.noPrivateKey).hidden = false;
  field.dispatchEvent(new Event("thrown-away"));
}

function whileEntering(event) {
  const field = event.target.closest?.("textarea[data-no-private-key]");
  if (!field) return;
  const entering = (event.clipboardData ?? event.dataTransfer)?.getData("text/plain") ?? "";
  const { value, selectionStart, selectionEnd } = field;
  if (holds(value.slice(0, selectionStart) + entering + value.slice(entering ? selectionEnd : selectionStart))) refuse(field, event);
  else if (value && event.type === "input") document.getElementById(field.dataset.noPrivateKey).hidden = true;
}

function whileThere(event) {
  const fields = event.target.querySelectorAll("textarea[data-no-private-key]");
  for (const field of fields) if (holds(field.value)) refuse(field, event);
}

for (const type of ["paste", "drop", "input", "change"]) window.addEventListener(type, whileEntering, true);
for (const type of ["submit", "pageshow"]) window.addEventListener(type, whileThere, true);
