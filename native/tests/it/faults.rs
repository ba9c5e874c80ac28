//! Workers that go wrong: what the caller is told, and that nothing else is touched.

use crate::support::{Grey, config, config_with, read, text_of, text_picture, wait_for_end};
use native::wire::Fault;
use native::{NativeError, Pool};
use rustix::process::{Pid, Signal, kill_process};
use std::time::Duration;

fn still_reads(pool: &Pool, picture: &Grey) {
    assert_eq!(text_of(&read(pool, picture, "vie")), "Cáo trạng");
}

#[test]
fn a_crash_is_tried_once_more_then_told() {
    let pool = Pool::start_with_faults(config(), 1).unwrap();
    let picture = text_picture("Cáo trạng");
    still_reads(&pool, &picture);
    let before = pool.idle_pids();
    match pool.inject(Fault::Abort).unwrap_err() {
        NativeError::Died { how, .. } => assert_eq!(how, "signal 6"),
        other => panic!("{other}"),
    }
    match pool.inject(Fault::Panic).unwrap_err() {
        NativeError::Died { how, said } => {
            assert_eq!(how, "exit code 101");
            assert!(said.contains("as the test wishes"), "{said}");
        }
        other => panic!("{other}"),
    }
    assert!(pool.idle_pids().is_empty());
    still_reads(&pool, &picture);
    assert_ne!(pool.idle_pids(), before);
}

#[test]
fn a_worker_killed_from_outside_costs_nothing() {
    let pool = Pool::start(config(), 1).unwrap();
    let picture = text_picture("Cáo trạng");
    still_reads(&pool, &picture);
    let killed = pool.idle_pids()[0];
    kill_process(Pid::from_raw(killed as i32).unwrap(), Signal::KILL).unwrap();
    wait_for_end(killed);
    still_reads(&pool, &picture);
    assert_ne!(pool.idle_pids(), [killed]);
}

#[test]
fn a_hanging_worker_is_killed_while_the_others_go_on() {
    let pool = Pool::start_with_faults(config_with(|l| l.wall = Duration::from_secs(4)), 2).unwrap();
    let picture = text_picture("Cáo trạng");
    std::thread::scope(|scope| {
        let hanging = scope.spawn(|| pool.inject(Fault::Hang));
        let mut pages = 0;
        while pages == 0 || !hanging.is_finished() {
            still_reads(&pool, &picture);
            pages += 1;
        }
        let error = hanging.join().unwrap().unwrap_err();
        assert!(matches!(error, NativeError::TimedOut { .. }) && !error.is_about_the_file(), "{error}");
        assert!(pages > 1);
    });
    still_reads(&pool, &picture);
}

#[test]
fn a_worker_that_eats_memory_runs_out_of_it_alone() {
    let limit = |l: &mut native::Limits| l.address_space_bytes = 600 << 20;
    let pool = Pool::start_with_faults(config_with(limit), 1).unwrap();
    let picture = text_picture("Cáo trạng");
    match pool.inject(Fault::EatMemory).unwrap_err() {
        NativeError::OutOfMemory { said, .. } => assert!(said.contains("memory allocation"), "{said}"),
        other => panic!("{other}"),
    }
    still_reads(&pool, &picture);
}

#[test]
fn nonsense_from_a_worker_is_told_as_such() {
    let pool = Pool::start_with_faults(config(), 1).unwrap();
    for (fault, what) in [(Fault::Babble, "mark of the protocol"), (Fault::Unsealed, "not sealed")] {
        match pool.inject(fault).unwrap_err() {
            NativeError::Protocol(said) => assert!(said.contains(what), "{said}"),
            other => panic!("{other}"),
        }
    }
    still_reads(&pool, &text_picture("Cáo trạng"));
}

#[test]
fn faults_need_to_be_switched_on() {
    let pool = Pool::start(config(), 1).unwrap();
    match pool.inject(Fault::Abort).unwrap_err() {
        NativeError::Died { how, said } => {
            assert_eq!((how.as_str(), said.as_str()), ("exit code 2", "faults are not switched on"));
        }
        other => panic!("{other}"),
    }
}

#[test]
fn tired_workers_are_replaced() {
    let picture = text_picture("Cáo trạng");
    let pids_of_three = |change: fn(&mut native::Limits)| {
        let pool = Pool::start(config_with(change), 1).unwrap();
        let mut pids: Vec<Vec<u32>> = Vec::new();
        for _ in 0..3 {
            still_reads(&pool, &picture);
            pids.push(pool.idle_pids());
        }
        pids
    };
    // The introduction counts as the first call.
    let [first, second, third] = &pids_of_three(|l| l.recycle_after_calls = 3)[..] else { panic!() };
    assert_eq!((first.len(), second.len(), third.len()), (1, 0, 1));
    assert_ne!(first, third);
    assert_eq!(pids_of_three(|l| l.recycle_above_bytes = 1 << 20), [[0_u32; 0]; 3]);
}

#[test]
fn what_is_missing_is_named_at_the_start() {
    let mut no_program = config();
    no_program.program = "/nowhere/hoso-worker".into();
    let error = Pool::start(no_program, 1).err().unwrap().to_string();
    assert!(error.contains("/nowhere/hoso-worker"), "{error}");
    let mut no_model = config();
    no_model.tessdata = "/nowhere".into();
    let error = Pool::start(no_model, 1).err().unwrap();
    assert!(matches!(error, NativeError::NoModel { .. }), "{error}");
    let mut other_program = config();
    other_program.program = "/bin/true".into();
    let error = Pool::start(other_program, 1).unwrap().versions().unwrap_err();
    assert!(matches!(error, NativeError::CannotStart { .. }) && error.to_string().contains("/bin/true"));
}
