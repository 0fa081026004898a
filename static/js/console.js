// Everything that the pages do beyond links and forms, bound by data-* attributes: what a page has not, does nothing.
// A line each; collected, this is one file (registrar/staticfiles.py). appearance.js stands alone: it runs before paint.
import "./copy.js";
import "./flash.js";
import "./polling.js";
import "./offline.js";
import "./dialog.js";
import "./help.js";
import "./private-key.js";
import "./understanding.js";
import "./draft.js";
import "./staying.js";
