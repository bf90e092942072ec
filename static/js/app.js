// One module per behaviour. Each listens for events and looks for data- attributes; none holds markup of its own that the
// server also writes. The page works without any of them.
import "./live.js";
import "./timers.js";
import "./localtime.js";
import "./list.js";
import "./thread.js";
import "./composer.js";
import "./toasts.js";
import "./forms.js";
import "./panels.js";
import "./keys.js";
