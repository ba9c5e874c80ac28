//! `hoso-worker`: the foreign code, on its own. Started by [`native::Pool`] with a socket as standard input; answers
//! one question at a time; ends when the socket closes, also in the middle of a page.
//!
//! It is given open files, opens only models and libraries itself, and has no use for the network.

mod bilevel;
mod confine;
mod engine;
mod layout;
mod lines;
mod marks;
mod own;
mod serve;
mod spaces;

use std::process::ExitCode;

#[global_allocator]
static HEAP: native::PictureHeap = native::PictureHeap;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| eprintln!("panic: {}", panic.to_string().replace('\n', " "))));
    match serve::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}
