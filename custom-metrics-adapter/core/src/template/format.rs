//! `printf`: the usual verbs of Go with their flags, width and precision.

use std::fmt::Write as _;

use super::value::Value;
use crate::quote::quote;

/// Widths beyond this are a mistake, and a danger to memory.
const WIDTH_MAX: usize = 1000;

/// Between `%` and the verb.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each flag is on or off")]
struct Spec {
    left: bool,
    plus: bool,
    zero: bool,
    space: bool,
    width: usize,
    precision: Option<usize>,
}

/// Go prints its complaints into the text; here they are errors, because a complaint inside a query is
/// never meant.
pub(super) fn printf(format: &str, values: &[Value]) -> Result<String, String> {
    let mut out = String::new();
    let mut values = values.iter();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let (spec, verb, after) = spec(after)?;
        rest = after;
        if verb == '%' {
            out.push('%');
            continue;
        }
        let value = values
            .next()
            .ok_or_else(|| format!("printf: no value for %{verb}"))?;
        let text = formatted(&spec, verb, value);
        let wrong = || format!("printf: %{verb} does not print a {}", value.kind());
        out.push_str(&text.ok_or_else(wrong)?);
    }
    out.push_str(rest);
    if values.next().is_some() {
        return Err("printf: more values than verbs".to_owned());
    }
    Ok(out)
}

fn spec(text: &str) -> Result<(Spec, char, &str), String> {
    let mut spec = Spec::default();
    let mut rest = text;
    while let Some(flag) = rest.chars().next().filter(|flag| "-+0 ".contains(*flag)) {
        match flag {
            '-' => spec.left = true,
            '+' => spec.plus = true,
            '0' => spec.zero = true,
            _ => spec.space = true,
        }
        rest = &rest[1..];
    }
    (spec.width, rest) = number(rest)?;
    if let Some(after) = rest.strip_prefix('.') {
        let (precision, after) = number(after)?;
        spec.precision = Some(precision);
        rest = after;
    }
    let verb = rest.chars().next().ok_or("printf: the format ends in %")?;
    Ok((spec, verb, &rest[verb.len_utf8()..]))
}

/// Nothing is zero.
fn number(text: &str) -> Result<(usize, &str), String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    match number.parse() {
        _ if number.is_empty() => Ok((0, rest)),
        Ok(number) if number <= WIDTH_MAX => Ok((number, rest)),
        _ => Err(format!("printf: {number} is too wide; at most {WIDTH_MAX}")),
    }
}

/// A value with everything in it, each part as wide as is asked for.
fn formatted(spec: &Spec, verb: char, value: &Value) -> Option<String> {
    let parts = |values: &mut dyn Iterator<Item = &Value>| -> Option<Vec<String>> {
        values.map(|value| formatted(spec, verb, value)).collect()
    };
    Some(match value {
        Value::List(items) => format!("[{}]", parts(&mut items.iter())?.join(" ")),
        Value::Record(fields) => {
            let mut values = fields.iter().map(|(_, value)| value);
            format!("{{{}}}", parts(&mut values)?.join(" "))
        }
        Value::Map(entries) => {
            let entry = |(key, value): (&String, &Value)| {
                let key = formatted(spec, verb, &Value::text(key))?;
                Some(format!("{key}:{}", formatted(spec, verb, value)?))
            };
            let entries: Option<Vec<_>> = entries.iter().map(entry).collect();
            format!("map[{}]", entries?.join(" "))
        }
        _ => padded(spec, verb, one(spec, verb, value)?),
    })
}

/// The text of one value; nothing when the verb does not print its kind.
fn one(spec: &Spec, verb: char, value: &Value) -> Option<String> {
    let text = match (verb, value) {
        ('v', Value::Int(_)) => return one(spec, 'd', value),
        ('v' | 'g', Value::Float(_)) if spec.precision.is_none() => {
            signed(spec, value.print().into_owned())
        }
        ('v' | 's', Value::Text(text)) => cut(spec, text),
        ('v', Value::Missing) => "<nil>".to_owned(),
        ('v', _) => value.print().into_owned(),
        ('q', Value::Text(text)) => quote(&cut(spec, text)),
        ('t', Value::Bool(value)) => value.to_string(),
        ('d', Value::Int(number)) => signed(spec, number.to_string()),
        ('x', Value::Int(number)) => signed(spec, radix(*number, |digits| format!("{digits:x}"))),
        ('X', Value::Int(number)) => signed(spec, radix(*number, |digits| format!("{digits:X}"))),
        ('o', Value::Int(number)) => signed(spec, radix(*number, |digits| format!("{digits:o}"))),
        ('b', Value::Int(number)) => signed(spec, radix(*number, |digits| format!("{digits:b}"))),
        ('c', Value::Int(number)) => {
            let code = u32::try_from(*number).ok().and_then(char::from_u32);
            code.unwrap_or(char::REPLACEMENT_CHARACTER).to_string()
        }
        ('x', Value::Text(text)) => text.bytes().fold(String::new(), |mut digits, byte| {
            // Writing to a string cannot fail.
            let _ = write!(digits, "{byte:02x}");
            digits
        }),
        ('f' | 'F', Value::Float(number)) if number.is_finite() => {
            signed(spec, format!("{number:.*}", spec.precision.unwrap_or(6)))
        }
        ('e', Value::Float(number)) if number.is_finite() => {
            let text = format!("{number:.*e}", spec.precision.unwrap_or(6));
            let (mantissa, exponent) = text.split_once('e')?;
            let exponent: i32 = exponent.parse().ok()?;
            let sign = if exponent < 0 { '-' } else { '+' };
            signed(spec, format!("{mantissa}e{sign}{:02}", exponent.abs()))
        }
        _ => return None,
    };
    Some(text)
}

fn radix(number: i64, digits: impl Fn(u64) -> String) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", digits(number.unsigned_abs()))
}

fn signed(spec: &Spec, text: String) -> String {
    match text.as_bytes().first() {
        Some(b'-' | b'+') => text,
        _ if spec.plus => format!("+{text}"),
        _ if spec.space => format!(" {text}"),
        _ => text,
    }
}

/// A precision cuts text after so many characters.
fn cut(spec: &Spec, text: &str) -> String {
    text.chars()
        .take(spec.precision.unwrap_or(usize::MAX))
        .collect()
}

fn padded(spec: &Spec, verb: char, text: String) -> String {
    let missing = spec.width.saturating_sub(text.chars().count());
    if missing == 0 {
        return text;
    }
    let numeric = "dxXobfFeg".contains(verb);
    if spec.left {
        text + &" ".repeat(missing)
    } else if spec.zero && numeric {
        let sign = usize::from(text.starts_with(['-', '+', ' ']));
        let (sign, digits) = text.split_at(sign);
        format!("{sign}{}{digits}", "0".repeat(missing))
    } else if spec.zero {
        "0".repeat(missing) + &text
    } else {
        " ".repeat(missing) + &text
    }
}
