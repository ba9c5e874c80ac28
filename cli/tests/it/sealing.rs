//! `hoso seal` and `hoso key` as people use them: two people, key files and a token, one wrong PIN, judges of other people.

use crate::packages::assert_is_package;
use crate::provided;
use crate::support::{Desk, Said, files_below, hoso_command, run, tool, tree};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const COUNTER: &str = "Trần Thị B, thủ kho";
const SOFTHSM: &str = "/usr/lib/softhsm/libsofthsm2.so";
const SPY: &str = "/usr/lib/x86_64-linux-gnu/pkcs11-spy.so";

/// An archive with case files of a page each, and keys for a trial.
fn desk(codes: &[&str]) -> Desk {
    let desk = Desk::new();
    for code in codes {
        desk.page(&format!("{code}/a.png"), &format!("hồ sơ {code}"));
    }
    desk.run_batch().expect(0);
    desk.hoso(&["key", "trial", "--officer-name", "Lê Văn C"]).expect(0);
    desk
}

fn review(desk: &Desk, code: &str) {
    desk.hoso(&["case", "review", code, "--by", COUNTER, "--pages-on-paper", "1"]).expect(0);
}

/// By openssl alone, against the authorities that the archive trusts.
fn openssl_accepts(desk: &Desk, package: &Path, content: &str) -> bool {
    let anchors = desk.path("anchors.pem");
    let pem =
        ["keys/trial-ca.pem", "keys/trusted.pem"].map(|file| fs::read(desk.archive.join(file)).unwrap());
    fs::write(&anchors, pem.concat()).unwrap();
    let mut command = Command::new("openssl");
    command.args(["cms", "-verify", "-binary", "-cades", "-inform", "DER", "-purpose", "any", "-in"]);
    command.arg(package.join("seal/manifest.p7s")).arg("-content").arg(package.join(content));
    command.arg("-CAfile").arg(anchors).args(["-out", "/dev/null"]);
    run(&mut command).exit == 0
}

#[test]
fn two_people_seal_and_every_judge_agrees() {
    let desk = desk(&["HS-1", "HS-2"]);
    let keys = desk.hoso(&["key", "list", "--json"]).expect(0).of_type("key");
    let roles: Vec<_> = keys.iter().map(|key| key["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["agency", "officer"]);
    assert!(keys.iter().all(|key| key["certificate"]["trial"] == true));
    let shown = desk.hoso(&["key", "show", "officer"]).expect(0).out;
    assert!(shown.contains("Lê Văn C") && shown.contains("WITHOUT LEGAL VALUE") && shown.contains("P-256"));
    assert!(!shown.to_lowercase().contains("private"));

    let before = masters(&desk);
    // Whoever counts does not sign, and counts right.
    let counted =
        |by: &str, pages: &str| desk.hoso(&["seal", "HS-1", "--pages-on-paper", pages, "--counted-by", by]);
    assert!(counted("LÊ VĂN C, kiểm sát viên", "1").expect(6).err.contains("somebody else"));
    assert!(counted(COUNTER, "3").expect(1).err.contains("2 missing"));
    desk.hoso(&["seal", "HS-2"]).expect(1);
    desk.hoso(&["seal", "--officer", "khac", "HS-2"]).expect(2);
    desk.hoso(&["seal", "HS-1", "--officer", "agency", "--agency", "officer"]).expect(6);
    // Before a secret is asked for: there is none in that place.
    let swapped =
        ["seal", "HS-1", "--officer", "agency", "--agency", "officer", "--officer-secret-file", "/none"];
    assert!(desk.hoso(&swapped).expect(6).err.contains("is that of the agency"));
    assert!(counted("Kiểm sát viên LÊ VĂN C", "1").expect(6).err.contains("somebody else"));
    let said = counted(COUNTER, "1").expect(0);
    assert!(said.out.contains("✓ HS-1: sealed, version 2, 1 pages"), "{}", said.all());
    assert!(counted(COUNTER, "1").expect(0).out.contains("sealed before"));
    assert_eq!(masters(&desk), before, "no master was written again");

    let verified = desk_verify(&desk, &[]).expect(0).out;
    for part in ["Lê Văn C (officer)", "counted by Trần Thị B", "1 pages on paper, 1 in the package"] {
        assert!(verified.contains(part), "{part} in {verified}");
    }
    let in_json = desk_verify(&desk, &["--json"]).expect(0).of_type("verified");
    let sealed = in_json.iter().find(|line| line["name"] == "HS-1").unwrap();
    assert_eq!(sealed["signers"].as_array().unwrap().len(), 2);
    assert_eq!(sealed["statement"]["officer"]["name"], "Lê Văn C");
    let listed = desk.hoso(&["case", "list", "--json"]).expect(0).of_type("case");
    let state = |code: &str| listed.iter().find(|case| case["case"] == code).unwrap()["state"].clone();
    assert_eq!((state("HS-1"), state("HS-2")), ("sealed".into(), "stored".into()));
    assert!(desk.hoso(&["case", "show", "HS-1"]).expect(0).out.contains("[sealed: Lê Văn C"));

    // Schemas, lists against files, sha256sum, openssl.
    let package = assert_is_package(&desk, "HS-1", "gói");
    let premis = fs::read_to_string(package.join("metadata/preservation/PREMIS.xml")).unwrap();
    assert_eq!(premis.matches("digital signature generation").count(), 1);
    assert!(premis.contains("<agentName>Lê Văn C</agentName>") && premis.contains(COUNTER));
    let mut sums = Command::new("sha256sum");
    sums.args(["-c", "--strict", "--quiet", "seal/manifest-sha256.txt"]).current_dir(&package);
    run(&mut sums).expect(0);
    assert!(openssl_accepts(&desk, &package, "seal/manifest-sha256.txt"));
    let p7s = package.join("seal/manifest.p7s");
    let structure = tool(
        "openssl",
        ["asn1parse".as_ref(), "-inform".as_ref(), "DER".as_ref(), "-in".as_ref(), p7s.as_os_str()],
    );
    assert_eq!(structure.matches("id-smime-aa-signingCertificateV2").count(), 2, "{structure}");
    desk.assert_valid_ocfl();
    desk.hoso(&["archive", "check"]).expect(0);

    // A correction is a new version, and not sealed.
    desk.page("HS-1/a.png", "hồ sơ một, quét lại");
    let mut again = desk.batch_command();
    again.args(["--correct", "quét lại", "--by", COUNTER, "--may-remove"]);
    run(&mut again).expect(0);
    let listed = desk.hoso(&["case", "list", "--json"]).expect(0).of_type("case");
    let corrected = listed.iter().find(|case| case["case"] == "HS-1").unwrap();
    assert_eq!((corrected["version"].as_u64(), corrected["state"].as_str()), (Some(3), Some("stored")));
    desk_verify(&desk, &[]).expect(0);
}

fn desk_verify(desk: &Desk, more: &[&str]) -> Said {
    run(hoso_command().arg("verify").arg(&desk.archive).args(more))
}

/// What lies in the archive of masters, copies and text.
fn masters(desk: &Desk) -> Vec<(PathBuf, String)> {
    let all = tree(&desk.archive.join("ocfl")).into_iter();
    all.filter(|(path, _)| path.to_string_lossy().contains("/representations/")).collect()
}

#[test]
fn a_batch_of_all_reviewed_case_files_is_one_signature_of_each_key() {
    let desk = desk(&["HS-1", "HS-2", "HS-3"]);
    ["HS-1", "HS-3"].into_iter().for_each(|code| review(&desk, code));
    let said = desk.hoso(&["seal", "--reviewed", "--granularity", "batch", "--json"]).expect(0);
    let sealed: Vec<_> = said.of_type("sealed").iter().map(|line| line["case"].clone()).collect();
    assert_eq!(sealed, ["HS-1", "HS-3"]);
    assert_eq!(said.of_type("seal-summary")[0]["signatures"], 1);
    let judge = provided::workspace().join("seal/tests/it/batch_judge.py");
    for code in ["HS-1", "HS-3"] {
        let package = desk.export(code, code);
        assert!(openssl_accepts(&desk, &package, "seal/batch.txt"), "{code}");
        tool("python3", [judge.as_os_str(), "case".as_ref(), package.as_os_str()]);
        tool("python3", [judge.as_os_str(), "page".as_ref(), package.as_os_str(), "METS.xml".as_ref()]);
        let anchors = desk.path("anchors.pem");
        run(hoso_command().arg("verify").arg(&package).arg("--anchor").arg(anchors)).expect(0);
    }
    desk_verify(&desk, &[]).expect(0);
    desk.hoso(&["archive", "check"]).expect(0);
    // What such a seal proves can be taken over by another archive.
    let other = Desk::new();
    let anchors = desk.path("anchors.pem");
    let mut import = hoso_command();
    import
        .arg("import")
        .arg(&desk.archive)
        .arg("--anchor")
        .arg(&anchors)
        .arg("--archive")
        .arg(&other.archive);
    run(&mut import).expect(0);
    desk_verify(&other, &[]).expect(0);
}

/// The officer's key `lanh-dao` on a token, made there by OpenSC; its certificate by an authority that openssl made.
struct OnToken<'d> {
    desk: &'d Desk,
    conf: PathBuf,
}

impl<'d> OnToken<'d> {
    fn new(desk: &'d Desk) -> OnToken<'d> {
        let conf = desk.path("softhsm.conf");
        fs::create_dir(desk.path("tokens")).unwrap();
        fs::write(
            &conf,
            format!("directories.tokendir = {}\nlog.level = ERROR\n", desk.path("tokens").display()),
        )
        .unwrap();
        let token = OnToken { desk, conf };
        token.must("softhsm2-util --init-token --free --label VKS --so-pin 0000 --pin 123456");
        token.tool("--login --pin 123456 --keypairgen --key-type rsa:2048 --label ky --id 01");
        token.tool("--read-object --type pubkey --id 01 -o ky.pub");
        token.must("openssl pkey -pubin -inform DER -in ky.pub -out ky.pub.pem");
        token.must("openssl genrsa -out ca.key 2048");
        token.must(
            "openssl req -new -x509 -key ca.key -days 900 -subj /C=VN/CN=CA -out ca.pem -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign",
        );
        token.must("openssl req -new -key ca.key -subj /C=VN/CN=Hoang-Van-D -out x.csr");
        fs::write(
            desk.path("leaf.ext"),
            "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,nonRepudiation\n",
        )
        .unwrap();
        token.must(
            "openssl x509 -req -in x.csr -force_pubkey ky.pub.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 800 -extfile leaf.ext -out ky.pem",
        );
        token.use_module(SOFTHSM);
        token
    }

    /// Has `hoso.toml` name the key behind this module.
    fn use_module(&self, module: &str) {
        let config = self.desk.archive.join("hoso.toml");
        let text = fs::read_to_string(&config).unwrap();
        let text = text.split("\n[keys.lanh-dao]").next().unwrap();
        let key = format!(
            "\n[keys.lanh-dao]\nrole = \"officer\"\nkind = \"pkcs11\"\nmodule = \"{module}\"\ntoken = \"VKS\"\nlabel = \"ky\"\ncertificate = \"{}\"\n",
            self.desk.path("ky.pem").display()
        );
        fs::write(&config, format!("{text}{key}")).unwrap();
    }

    fn trust(&self) {
        let trusted = self.desk.archive.join("keys/trusted.pem");
        let anchors = [fs::read(&trusted).unwrap(), fs::read(self.desk.path("ca.pem")).unwrap()].concat();
        fs::write(&trusted, anchors).unwrap();
    }

    fn must(&self, line: &str) -> Said {
        let words: Vec<&str> = line.split(' ').collect();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir(self.desk.scratch.path());
        run(command.env("SOFTHSM2_CONF", &self.conf)).expect(0)
    }

    fn tool(&self, line: &str) -> Said {
        self.must(&format!("pkcs11-tool --module {SOFTHSM} --token-label VKS {line}"))
    }

    fn pin_file(&self, pin: &str, mode: &str) -> PathBuf {
        let path = self.desk.path("pin");
        fs::write(&path, format!("{pin}\n")).unwrap();
        tool("chmod", [mode.as_ref(), path.as_os_str()]);
        path
    }

    /// `hoso seal --reviewed` with that key, seen by OpenSC's spy where the module is that.
    fn seal_command(&self, more: &[&str]) -> Command {
        let mut command = hoso_command();
        command.args(["seal", "--reviewed", "--json", "--officer", "lanh-dao", "--archive"]);
        command.arg(&self.desk.archive).args(more).env("SOFTHSM2_CONF", &self.conf);
        command.env("PKCS11SPY", SOFTHSM).env("PKCS11SPY_OUTPUT", self.desk.path("spy.log"));
        command
    }

    fn seal(&self, pin: &Path, more: &[&str]) -> Said {
        run(self.seal_command(more).arg("--officer-secret-file").arg(pin))
    }

    /// How often the spy saw a function called.
    fn calls(&self, name: &str) -> usize {
        let spied = fs::read_to_string(self.desk.path("spy.log")).unwrap();
        spied.lines().filter(|line| line.trim_end().ends_with(&format!(": {name}"))).count()
    }
}

#[test]
fn a_token_signs_with_one_entry_of_its_pin_and_a_wrong_pin_is_one_try() {
    let desk = desk(&["HS-1", "HS-2"]);
    ["HS-1", "HS-2"].into_iter().for_each(|code| review(&desk, code));
    let token = OnToken::new(&desk);
    let seal = |pin: &str, mode| token.seal(&token.pin_file(pin, mode), &[]);
    // Others may read the PIN: not even looked at.
    assert!(seal("123456", "644").expect(2).all().contains("chmod 600"));
    let wrong = seal("654321", "600").expect(6);
    assert!(wrong.all().contains("tried once") && !wrong.all().contains("654321"), "{}", wrong.all());
    assert!(token.tool("-L").out.contains("user PIN count low"));
    // Nobody vouches for the certificate yet.
    let unknown = seal("123456", "600").expect(6);
    assert!(unknown.all().contains("would not be accepted"), "{}", unknown.all());
    token.trust();
    // Through OpenSC's spy, which counts.
    token.use_module(SPY);
    let said = seal("123456", "600").expect(0);
    assert_eq!(said.of_type("sealed").len(), 2, "{}", said.all());
    let calls = ["C_Login", "C_SignInit"].map(|name| token.calls(name));
    assert_eq!(calls, [1, 2], "one entry of the PIN for both");
    desk_verify(&desk, &[]).expect(0);
    let package = desk.export("HS-1", "gói");
    assert!(openssl_accepts(&desk, &package, "seal/manifest-sha256.txt"));
    let p7s = package.join("seal/manifest.p7s");
    let print = ["cms", "-cmsout", "-print", "-inform", "DER", "-in", p7s.to_str().unwrap()];
    assert!(tool("openssl", print).contains("Hoang-Van-D"), "the officer of the token");
}

#[test]
fn a_batch_on_a_token_is_one_operation_of_it() {
    let codes = ["HS-1", "HS-2", "HS-3"];
    let desk = desk(&codes);
    codes.into_iter().for_each(|code| review(&desk, code));
    let token = OnToken::new(&desk);
    token.trust();
    token.use_module(SPY);
    let said = token.seal(&token.pin_file("123456", "600"), &["--granularity", "batch"]).expect(0);
    assert_eq!(said.of_type("sealed").len(), 3, "{}", said.all());
    let calls = ["C_Login", "C_SignInit"].map(|name| token.calls(name));
    assert_eq!(calls, [1, 1], "for three case files");
    desk_verify(&desk, &[]).expect(0);
}

/// Between two case files, and between two volumes of one: what is sealed stays, and the same command goes on.
#[test]
fn a_token_pulled_out_in_the_middle_loses_nothing_and_sealing_goes_on() {
    let desk = Desk::of_short_volumes();
    desk.documents(1..=6);
    desk.page("HS-0/a.png", "hồ sơ trước");
    desk.run_batch().expect(0);
    desk.hoso(&["key", "trial", "--officer-name", "Lê Văn C"]).expect(0);
    for (code, pages) in [("HS-0", "1"), ("HS-1", "12")] {
        desk.hoso(&["case", "review", code, "--by", COUNTER, "--pages-on-paper", pages]).expect(0);
    }
    let token = OnToken::new(&desk);
    token.trust();
    let source = provided::workspace().join("cli/tests/it/pull_out.c");
    let module = desk.path("pull-out.so");
    tool(
        "gcc",
        [
            "-shared".as_ref(),
            "-fPIC".as_ref(),
            "-o".as_ref(),
            module.as_os_str(),
            source.as_os_str(),
            "-ldl".as_ref(),
        ],
    );
    token.use_module(module.to_str().unwrap());
    let pin = token.pin_file("123456", "600");
    let (plugged, drawer) = (desk.path("tokens"), desk.path("ngăn kéo"));
    // It signs HS-0 first, then three volumes of HS-1 and their case file.
    let seal = |pull_before: u32| {
        let mut command = token.seal_command(&["--pdf", "agency", "--lang", "vi"]);
        command.arg("--officer-secret-file").arg(&pin).env("REAL_MODULE", SOFTHSM);
        command
            .env("PULL_BEFORE", pull_before.to_string())
            .env("PULL_FROM", &plugged)
            .env("PULL_TO", &drawer);
        run(&mut command)
    };
    let states = || {
        let listed = desk.hoso(&["case", "list", "--json"]).expect(0).of_type("case");
        listed.iter().map(|case| case["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let versions = |volume: &str| {
        let objects = files_below(&desk.archive.join("ocfl")).into_iter();
        objects
            .filter(|file| file.to_string_lossy().ends_with(&format!("{volume}/v2/inventory.json")))
            .count()
    };
    for (pull_before, sealed, made) in [(2, 1, [0, 0]), (2, 0, [1, 0])] {
        let said = seal(pull_before).expect(1);
        assert_eq!(said.of_type("sealed").len(), sealed, "{}", said.all());
        for part in ["token \\\"VKS\\\"", "cắm lại token", "vẫn còn"] {
            assert!(said.out.contains(part), "{part} in {}", said.all());
        }
        assert_eq!(["tap-01", "tap-02"].map(versions), made);
        fs::rename(&drawer, &plugged).unwrap();
        // Until it is known what the stop left, the catalog says nothing rather than what is not so.
        assert!(desk.hoso(&["case", "list"]).expect(1).err.contains("hoso index rebuild"));
        // Verifying names a volume whose entry the log still lacks; going on enters it.
        desk_verify(&desk, &[]).expect(if made == [0, 0] { 0 } else { 7 });
    }
    let said = seal(100).expect(0);
    assert_eq!(said.of_type("sealed").len(), 1, "{}", said.all());
    // Nothing is left to be made good by another command.
    assert_eq!(states(), ["sealed", "sealed"]);
    desk_verify(&desk, &[]).expect(0);
    desk.hoso(&["archive", "check"]).expect(0);
    desk.assert_valid_ocfl();
    let log = run(hoso_command().args(["verify", "--json"]).arg(&desk.archive)).of_type("log-verified");
    assert_eq!((&log[0]["good"], &log[0]["findings"]), (&true.into(), &0.into()));
}

/// Runs a command at a terminal of its own, types a line when it asks for a PIN, and shows all that was on the screen.
const AT_A_TERMINAL: &str = r#"
import os, pty, sys, termios
pid, screen = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
shown, typed = b"", False
while True:
    try:
        part = os.read(screen, 4096)
    except OSError:
        break
    if not part:
        break
    shown += part
    if not typed and b"PIN" in shown:
        while termios.tcgetattr(screen)[3] & termios.ECHO:
            os.sched_yield()  # a person is slower than the program
        os.write(screen, sys.argv[1].encode() + b"\n")
        typed = True
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"#;

#[test]
fn a_pin_is_typed_at_the_terminal_once_and_never_shown_or_handed_over_by_systemd() {
    let desk = desk(&["HS-1", "HS-2", "HS-3"]);
    review(&desk, "HS-1");
    let token = OnToken::new(&desk);
    token.trust();
    token.use_module(SPY);
    let typed = |pin: &str| {
        let seal = token.seal_command(&[]);
        let mut python = Command::new("python3");
        python.args(["-c", AT_A_TERMINAL, pin]).arg(seal.get_program()).args(seal.get_args());
        for (name, value) in seal.get_envs() {
            match value {
                Some(value) => python.env(name, value),
                None => python.env_remove(name),
            };
        }
        run(&mut python)
    };
    // Nobody to ask: nothing is tried.
    let alone = run(&mut token.seal_command(&[])).expect(2);
    assert!(alone.all().contains("there is no terminal"), "{}", alone.all());
    let wrong = typed("654321").expect(6);
    assert_eq!(wrong.out.matches("PIN of the token VKS").count(), 1, "asked once: {}", wrong.out);
    assert!(wrong.out.contains("tried once") && !wrong.out.contains("654321"), "{}", wrong.out);
    let right = typed("123456").expect(0);
    assert!(right.out.contains("\"sealed\":1"), "{}", right.out);
    assert!(!right.out.contains("123456"), "what is typed is not shown: {}", right.out);
    assert_eq!(token.calls("C_Login"), 2, "one for each call");
    // The credential that systemd hands over, by the name of the key: nobody is asked.
    review(&desk, "HS-2");
    let credentials = desk.path("credentials");
    fs::create_dir(&credentials).unwrap();
    fs::write(credentials.join("hoso-lanh-dao"), "123456\n").unwrap();
    let mut command = token.seal_command(&[]);
    let said = run(command.env("CREDENTIALS_DIRECTORY", &credentials)).expect(0);
    assert_eq!(said.of_type("sealed").len(), 1, "{}", said.all());
    // One of another key is none of this.
    review(&desk, "HS-3");
    fs::rename(credentials.join("hoso-lanh-dao"), credentials.join("hoso-khac")).unwrap();
    let mut command = token.seal_command(&[]);
    run(command.env("CREDENTIALS_DIRECTORY", &credentials)).expect(2);
    desk_verify(&desk, &[]).expect(0);
}
