use massive_data::*;
use std::time::Instant;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    for sel in
        [Selection::ALL, Selection { locales: LocaleSet::ALL, partition: Some(Partition::Test) }]
    {
        for _ in 0..3 {
            let c = Corpus::open(&a[1]).unwrap().select(sel);
            let t = Instant::now();
            let r = c
                .fold(
                    || 0u64,
                    |a, _, u| {
                        *a += u.utt().len() as u64;
                        Ok(())
                    },
                    |_, _, _| Ok(()),
                )
                .unwrap();
            println!(
                "{} rows {:?}  {:.0} MB/s",
                r.rows,
                t.elapsed(),
                646.0 / t.elapsed().as_secs_f64()
            );
        }
    }
    let mut n = 0usize;
    let t = Instant::now();
    for e in std::fs::read_dir(&a[1]).unwrap() {
        let s = std::fs::read(e.unwrap().path()).unwrap();
        for l in s.split(|b| *b == b'\n') {
            let v: serde_json::Value = serde_json::from_slice(l).unwrap();
            n += v.as_object().unwrap().len();
        }
    }
    println!("Value {n} {:.0} MB/s", 646.0 / t.elapsed().as_secs_f64());
}
