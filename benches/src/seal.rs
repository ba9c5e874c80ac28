//! Sealing after review with the keys of officer and agency on a token (SoftHSM2): seconds, and one operation of each key for all
//! case files, counted by OpenSC's spy between `hoso` and the token.

use crate::Setting;
use crate::measure::cost;
use crate::pages::fresh;
use crate::programs::{quiet, succeed};
use crate::table::{Demand, Report, Section};
use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Debug, Args)]
pub(crate) struct Order {
    /// Case files, sealed as one batch.
    #[arg(long, default_value_t = 1000)]
    pub cases: u32,
    /// Pages of each.
    #[arg(long, default_value_t = 100)]
    pub pages: u32,
}

const SOFTHSM: &str = "/usr/lib/softhsm/libsofthsm2.so";
const SPY: &str = "/usr/lib/x86_64-linux-gnu/pkcs11-spy.so";
const PIN: &str = "123456";
/// Pages of one received file, a TIFF.
const PAGES_A_FILE: u32 = 50;

pub(crate) fn run(setting: &Setting, order: &Order, report: &mut Report) -> Result<()> {
    ensure!(
        order.pages <= PAGES_A_FILE || order.pages.is_multiple_of(PAGES_A_FILE),
        "pages: up to {PAGES_A_FILE}, or a multiple of it"
    );
    let bench = Bench { setting, folder: fresh(&setting.work.join("seal"))? };
    bench.store(order)?;
    bench.make_keys()?;
    eprintln!("benches: counting {} case files", order.cases);
    for case in 0..order.cases {
        let pages = order.pages.to_string();
        let code = format!("HS-{case:04}");
        let words = ["case", "review", &code, "--by", "Trần Thị B, thủ kho", "--pages-on-paper", &pages];
        succeed(&mut bench.hoso(&words), &[0])?;
    }
    let spy = bench.folder.join("spy.log");
    let mut seal = bench.hoso(&["seal", "--reviewed", "--granularity", "batch"]);
    seal.env("PKCS11SPY", SOFTHSM).env("PKCS11SPY_OUTPUT", &spy);
    let spent = cost(&mut seal, &[0])?;
    let wall_s = spent.wall_s;
    let log = std::fs::read_to_string(&spy).context("the spy saw nothing")?;
    let calls = |name: &str| {
        let ending = format!(": {name}");
        log.lines().filter(|line| line.trim_end().ends_with(&ending)).count()
    };
    let (logins, operations) = (calls("C_Login"), calls("C_SignInit"));
    // What was sealed is what everybody else accepts: the whole archive is verified.
    let verified = cost(setting.programs.hoso().arg("verify").arg(bench.archive()), &[0])?;
    let cases = f64::from(order.cases);
    report.add(Section {
        title: format!("Sealing {} case files of {} pages", order.cases, order.pages),
        about: format!(
            "Received as TIFFs of {PAGES_A_FILE} tiny pages with the same bytes, so that they are recognised once; everything else is the real work. RSA-2048 of the officer \
             and P-256 of the agency on a token (SoftHSM2), one PIN each, counted by OpenSC's pkcs11-spy. Seconds are those of `hoso seal --reviewed --granularity batch`, from \
             start to end: seals compared with inventories, both signatures, new versions, log, ledger, journal, all durable."
        ),
        columns: vec!["", "figure"],
        rows: vec![
            vec!["seconds".into(), format!("{wall_s:.1}")],
            vec!["CPU-seconds".into(), format!("{:.1}", spent.cpu_s)],
            vec!["milliseconds a case file".into(), format!("{:.1}", wall_s * 1e3 / cases)],
            vec!["entries of a PIN".into(), logins.to_string()],
            vec!["seconds to verify the archive".into(), format!("{:.1}", verified.wall_s)],
        ],
        demands: vec![Demand {
            what: "operations of the token, two signers, one batch".into(),
            wanted: "2".into(),
            found: operations.to_string(),
            met: operations == 2,
        }],
        details: json!({
            "cases": order.cases, "pages": order.pages, "wall_s": wall_s, "cpu_s": spent.cpu_s,
            "logins": logins, "operations": operations, "verify_wall_s": verified.wall_s,
        }),
    });
    std::fs::remove_dir_all(&bench.folder)?;
    Ok(())
}

struct Bench<'s> {
    setting: &'s Setting,
    folder: PathBuf,
}

impl Bench<'_> {
    fn archive(&self) -> PathBuf {
        self.folder.join("archive")
    }

    /// A command on the archive, which may use the token.
    fn hoso(&self, words: &[&str]) -> Command {
        let mut command = self.setting.programs.hoso();
        command.args(words).arg("--archive").arg(self.archive());
        command.env("SOFTHSM2_CONF", self.folder.join("softhsm.conf"));
        command
    }

    /// Another program in the folder; arguments are split at spaces.
    fn must(&self, line: &str) -> Result<()> {
        let words: Vec<&str> = line.split(' ').collect();
        let mut command = quiet(Path::new(words[0]));
        command.args(&words[1..]).current_dir(&self.folder);
        succeed(command.env("SOFTHSM2_CONF", self.folder.join("softhsm.conf")), &[0])
    }

    /// The case files, stored by the whole main job.
    fn store(&self, order: &Order) -> Result<()> {
        let (batch, tiff) = (fresh(&self.folder.join("batch"))?, self.folder.join("pages.tif"));
        crate::volumes::draw(&tiff, PAGES_A_FILE.min(order.pages))?;
        for case in 0..order.cases {
            let folder = fresh(&batch.join(format!("HS-{case:04}")))?;
            for file in 1..=(order.pages / PAGES_A_FILE).max(1) {
                std::fs::hard_link(&tiff, folder.join(format!("{file:04}.tif")))?;
            }
        }
        let password = self.folder.join("password");
        std::fs::write(&password, "một mật khẩu dài\n")?;
        let mut init = self.setting.programs.hoso();
        succeed(init.arg("init").arg(self.archive()).arg("--password-file").arg(&password), &[0])?;
        eprintln!("benches: storing {} case files", order.cases);
        // 3: that a file comes twice is for a person to look at.
        let mut store = self.hoso(&["batch", "run", "--workers", "1", "--secrecy", "thuong"]);
        succeed(store.arg(&batch), &[0, 3])?;
        std::fs::remove_dir_all(&batch)?;
        Ok(())
    }

    /// Both keys on the token, certified by an authority that the archive trusts, and their PIN in a file.
    fn make_keys(&self) -> Result<()> {
        let tokens = fresh(&self.folder.join("tokens"))?;
        let conf = format!("directories.tokendir = {}\nlog.level = ERROR\n", tokens.display());
        std::fs::write(self.folder.join("softhsm.conf"), conf)?;
        self.must(&format!("softhsm2-util --init-token --free --label VKS --so-pin 0000 --pin {PIN}"))?;
        self.must("openssl genrsa -out ca.key 2048")?;
        self.must("openssl req -new -x509 -key ca.key -days 900 -subj /C=VN/CN=CA -out ca.pem -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign")?;
        std::fs::write(
            self.folder.join("leaf.ext"),
            "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,nonRepudiation\n",
        )?;
        let pin = self.folder.join("pin");
        std::fs::write(&pin, format!("{PIN}\n"))?;
        self.must("chmod 600 pin")?;
        let path = self.archive().join("hoso.toml");
        let mut config = std::fs::read_to_string(&path)?;
        let token = format!("pkcs11-tool --module {SOFTHSM} --token-label VKS");
        for (no, role, kind, name) in
            [(1, "officer", "rsa:2048", "Hoang-Van-D"), (2, "agency", "EC:prime256v1", "VKS-thu")]
        {
            self.must(&format!(
                "{token} --login --pin {PIN} --keypairgen --key-type {kind} --label {role} --id 0{no}"
            ))?;
            self.must(&format!("{token} --read-object --type pubkey --id 0{no} -o {role}.pub"))?;
            self.must(&format!("openssl pkey -pubin -inform DER -in {role}.pub -out {role}.pub.pem"))?;
            self.must(&format!("openssl req -new -key ca.key -subj /C=VN/CN={name} -out {role}.csr"))?;
            self.must(&format!("openssl x509 -req -in {role}.csr -force_pubkey {role}.pub.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 800 -sha256 -extfile leaf.ext -out {role}.pem"))?;
            let [certificate, pin] = [self.folder.join(format!("{role}.pem")), pin.clone()];
            config += &format!(
                "\n[keys.{role}]\nrole = \"{role}\"\nkind = \"pkcs11\"\nmodule = \"{SPY}\"\ntoken = \"VKS\"\nlabel = \"{role}\"\ncertificate = \"{}\"\nsecret_file = \"{}\"\n",
                certificate.display(),
                pin.display()
            );
        }
        std::fs::write(&path, config)?;
        let trusted = self.archive().join("keys/trusted.pem");
        let mut anchors = std::fs::read(&trusted).unwrap_or_default();
        anchors.extend(std::fs::read(self.folder.join("ca.pem"))?);
        std::fs::write(&trusted, anchors)?;
        Ok(())
    }
}
