// SPDX-License-Identifier: Apache-2.0
//
// Functions with Rust's own calling convention, for tests of their arguments. What rustc 1.63 made of it is kept beside it
// (without comments and .debug_pub*), so that no Rust compiler is needed:
//   rustc --crate-type=lib --emit=asm -g -C panic=abort -C overflow-checks=off -C opt-level=0 -o typed_rust.s typed_rust.rs
#![no_std]

pub struct Point {
    pub x: i32,
    pub y: i32,
}

pub struct Span {
    pub from: u64,
    pub to: u64,
}

#[repr(u8)]
pub enum Kind {
    Small = 3,
    Large = 7,
}

pub struct Order {
    pub id: u64,
    pub amount: u32,
    pub place: Point,
    pub kind: Kind,
    pub next: Option<&'static Order>,
}

extern "C" {
    fn used(value: u64);
}

#[inline(never)]
pub fn scalars(a: i8, b: u16, letter: char, flag: bool, list: &[u16], _text: &str) -> u64 {
    unsafe { used(a as u64 + b as u64 + letter as u64 + flag as u64 + list.len() as u64) };
    b as u64
}

impl Order {
    // `by` is two registers, though it is eight bytes.
    #[inline(never)]
    pub fn total(&self, by: Point, factor: i64) -> i64 {
        unsafe { used((self.amount as i64 * factor + by.x as i64 + by.y as i64) as u64) };
        factor
    }
}

// Two whole registers, a choice with its value beside it, one that is a pointer, and a number behind them.
#[inline(never)]
pub fn several(span: Span, perhaps: Option<u32>, next: Option<&Order>, last: u16) -> u64 {
    let value = match perhaps {
        Some(value) => value as u64,
        None => 0,
    };
    let id = match next {
        Some(order) => order.id,
        None => 0,
    };
    unsafe { used(span.from + span.to + value + id + last as u64) };
    last as u64
}

// Behind a pointer; the result needs one too.
#[inline(never)]
pub fn large(order: Order, count: u32) -> Order {
    unsafe { used(order.id + count as u64) };
    order
}

#[no_mangle]
pub extern "C" fn rust_calls(n: u32) {
    static LAST: Order = Order { id: 1, amount: 1, place: Point { x: 0, y: 0 }, kind: Kind::Large, next: None };
    static LIST: [u16; 3] = [11, 12, 13];
    let mut i = 0;
    while i < n {
        let order = Order { id: 4200 + i as u64, amount: 5, place: Point { x: 1, y: -2 }, kind: Kind::Small, next: Some(&LAST) };
        scalars(-3 - i as i8, 65535, 'é', i < 9, &LIST, "some text");
        order.total(Point { x: 10 + i as i32, y: 20 }, -3 - i as i64);
        several(Span { from: 100, to: 200 + i as u64 }, if i < 9 { Some(30 + i) } else { None }, order.next, 9 + i as u16);
        let back = large(order, 17 + i);
        unsafe { used(back.id) };
        i += 1;
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
