//! The `stress` binary. See the crate documentation of the library.

use std::process::ExitCode;

use stress::run;

fn main() -> ExitCode {
    // One thread: 20 000 requests per second take about a fifth of it, and the arrivals share
    // an event loop with their answers, without locks that anyone waits for.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => {
            let code = runtime.block_on(run::main(std::env::args_os()));
            // A name lookup may hang in the C library for longer than anyone wants to wait.
            runtime.shutdown_background();
            ExitCode::from(code)
        }
        Err(error) => {
            run::note(&format!("error: cannot start the event loop: {error}"));
            ExitCode::from(stress::verdict::EXIT_OUTPUT)
        }
    }
}
