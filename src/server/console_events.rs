//! How Windows tells a program of a console to end.

use std::{future::poll_fn, io, task::Poll};
use tokio::signal::windows::{
    CtrlBreak, CtrlC, CtrlClose, CtrlLogoff, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close, ctrl_logoff, ctrl_shutdown,
};

/// Ctrl-C, Ctrl-Break, the window that is closed, the user who logs off, the system that shuts down. After the last three Windows
/// gives a program about five seconds (Microsoft, "HandlerRoutine callback function").
pub struct ConsoleEvents {
    interrupt: CtrlC,
    break_: CtrlBreak,
    close: CtrlClose,
    logoff: CtrlLogoff,
    shutdown: CtrlShutdown,
}

impl ConsoleEvents {
    /// Listens from now on: none of them ends the process by itself any more.
    ///
    /// # Errors
    /// The system takes no handler.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: ctrl_c()?,
            break_: ctrl_break()?,
            close: ctrl_close()?,
            logoff: ctrl_logoff()?,
            shutdown: ctrl_shutdown()?,
        })
    }

    /// Completes with the next of them.
    pub async fn next(&mut self) {
        poll_fn(|context| {
            let came = self.interrupt.poll_recv(context).is_ready()
                | self.break_.poll_recv(context).is_ready()
                | self.close.poll_recv(context).is_ready()
                | self.logoff.poll_recv(context).is_ready()
                | self.shutdown.poll_recv(context).is_ready();
            if came { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}
