// Signals as flags, looked at between two units: no work is done in a handler.
#pragma once

namespace assay {

/// SIGINT and SIGTERM: leave after this unit; SIGUSR1: leave and ask to be requeued; SIGHUP:
/// checkpoint and go on. A worker whose front end has died leaves likewise, and is ended after 30 s
/// if it does not.
void catch_signals(int front_end);

/// The signal that asks to leave, or 0.
int asked_to_leave();
/// True once after each SIGHUP.
bool asked_to_checkpoint();

}  // namespace assay
