//! How editors and tools save.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

/// `a/b.md` -> `a/<before>b.md<after>`
fn beside(path: &Path, before: &str, after: &str) -> PathBuf {
    path.with_file_name(format!("{before}{}{after}", path.file_name().unwrap().to_str().unwrap()))
}

pub fn run(program: &str, arguments: &[&str], folder: &Path) {
    let output = Command::new(program).args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

pub type Save = fn(&Path, &str);

/// How editors and tools write a file.
pub const PATTERNS: [(&str, Save); 13] = [
    ("in place", |path, text| fs::write(path, text).unwrap()),
    ("truncated, then written in steps", |path, text| {
        let mut file = fs::File::create(path).unwrap();
        let (first, second) = text.split_at(text.len() / 2);
        file.write_all(first.as_bytes()).unwrap();
        file.sync_all().unwrap();
        file.write_all(second.as_bytes()).unwrap();
    }),
    ("renamed over", |path, text| {
        let new = beside(path, ".", ".Xa41b");
        fs::write(&new, text).unwrap();
        fs::rename(new, path).unwrap();
    }),
    ("deleted and created", |path, text| {
        fs::remove_file(path).unwrap();
        fs::write(path, text).unwrap();
    }),
    ("Vim", |path, text| {
        let probe = path.with_file_name("4913");
        fs::write(&probe, "").unwrap();
        fs::remove_file(probe).unwrap();
        fs::rename(path, beside(path, "", "~")).unwrap();
        let mut file = fs::File::create_new(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file.sync_all().unwrap();
        fs::remove_file(beside(path, "", "~")).unwrap();
    }),
    ("Vim with backupcopy=yes", |path, text| {
        fs::write(beside(path, ".", ".swp"), "b0VIM").unwrap();
        fs::copy(path, beside(path, "", "~")).unwrap();
        fs::write(path, text).unwrap();
        fs::remove_file(beside(path, "", "~")).unwrap();
    }),
    ("JetBrains, safe write", |path, text| {
        fs::write(beside(path, "", "___jb_tmp___"), text).unwrap();
        fs::rename(path, beside(path, "", "___jb_old___")).unwrap();
        fs::rename(beside(path, "", "___jb_tmp___"), path).unwrap();
        fs::remove_file(beside(path, "", "___jb_old___")).unwrap();
    }),
    ("VS Code", |path, text| {
        let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file.set_len(text.len() as u64).unwrap();
    }),
    ("Emacs with lock and backup", |path, text| {
        let lock = beside(path, ".#", "");
        symlink("author@machine.4711", &lock).unwrap();
        fs::write(beside(path, "#", "#"), text).unwrap();
        fs::rename(path, beside(path, "", "~")).unwrap();
        fs::write(path, text).unwrap();
        fs::remove_file(beside(path, "#", "#")).unwrap();
        fs::remove_file(lock).unwrap();
    }),
    ("GNOME", |path, text| {
        let new = path.with_file_name(".goutputstream-K3XQ71");
        fs::write(&new, text).unwrap();
        let _ = fs::remove_file(beside(path, "", "~"));
        fs::hard_link(path, beside(path, "", "~")).unwrap();
        fs::rename(new, path).unwrap();
    }),
    ("sed -i", |path, text| {
        let script = format!("s/.*words.*/{}/", text.lines().last().unwrap());
        run("sed", &["-i", &script, path.to_str().unwrap()], path.parent().unwrap());
    }),
    ("moved here from another folder", |path, text| {
        let new = tempfile::NamedTempFile::new_in(path.parent().unwrap().parent().unwrap().parent().unwrap()).unwrap();
        fs::write(new.path(), text).unwrap();
        new.persist(path).unwrap();
    }),
    ("a link, put in the place of another", |path, text| {
        let number = text.rsplit(' ').next().unwrap().trim();
        let target = path.with_file_name(format!("target-{number}.txt"));
        fs::write(&target, text).unwrap();
        let new = beside(path, "", ".new");
        symlink(&target, &new).unwrap();
        fs::rename(new, path).unwrap();
    }),
];
