use std::collections::BTreeMap;

use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn data() -> Value {
    let values = [("namespace", "default"), ("pod", "a|b")];
    let values: BTreeMap<_, _> = values
        .into_iter()
        .map(|(key, value)| (key.to_owned(), Value::text(value)))
        .collect();
    Value::Record(vec![
        ("Series", Value::text("foo")),
        (
            "LabelMatchers",
            Value::text(r#"namespace="default",pod=~"a|b""#),
        ),
        ("LabelValuesByName", Value::Map(values)),
        ("GroupBy", Value::text("pod")),
        (
            "GroupBySlice",
            Value::List(vec![Value::text("pod"), Value::text("container")]),
        ),
    ])
}

fn expand(source: &str) -> String {
    match Template::parse(source) {
        Ok(template) => template
            .execute(&data())
            .unwrap_or_else(|error| format!("ERROR {error}")),
        Err(error) => format!("PARSE {error}"),
    }
}

#[rstest]
#[case("", "")]
#[case("plain { } < > text", "plain { } < > text")]
#[case(
    "sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>)",
    r#"sum(rate(foo{namespace="default",pod=~"a|b"}[2m])) by (pod)"#
)]
#[case(r#"<<index .LabelValuesByName "pod">>"#, "a|b")]
#[case(r#"[<<index .LabelValuesByName "none">>]"#, "[]")]
#[case(
    "<<.LabelValuesByName>> <<.GroupBySlice>>",
    "map[namespace:default pod:a|b] [pod container]"
)]
#[case("<<.LabelValuesByName.missing>>", "<no value>")]
#[case("<<.LabelValuesByName.pod>>", "a|b")]
#[case("<< .Series >>", "foo")]
#[case("a  <<- .Series ->>  b", "afoob")]
#[case("a <<- /* why */ ->> b", "ab")]
#[case("a<</* why */>>b", "ab")]
#[case(
    "<<range $k, $v := .LabelValuesByName>><<$k>>=<<$v>>;<<end>>",
    "namespace=default;pod=a|b;"
)]
#[case(
    "<<range .GroupBySlice>><<.>>,<<$.Series>> <<end>>",
    "pod,foo container,foo "
)]
#[case(
    "<<range $i, $g := .GroupBySlice>><<if $i>>,<<end>><<$g>><<end>>",
    "pod,container"
)]
#[case("<<range $g := .GroupBySlice>><<$g>><<end>>", "podcontainer")]
#[case("<<range .LabelValuesByName.none>>x<<else>>none<<end>>", "none")]
#[case(r#"<<if eq .Series "bar" "foo">>yes<<else>>no<<end>>"#, "yes")]
#[case(
    r#"<<if ne .Series "foo">>a<<else if .GroupBy>>b<<else>>c<<end>>"#,
    "b"
)]
#[case("<<with .LabelValuesByName.pod>><<.>><<else>>none<<end>>", "a|b")]
#[case(
    "<<with $p := .LabelValuesByName.nope>>x<<else with .GroupBy>><<.>><<end>>",
    "pod"
)]
#[case(
    r#"<<printf "%s-%d-%q-%v-%%" .Series 3 "a\"b" true>>"#,
    r#"foo-3-"a\"b"-true-%"#
)]
#[case("<<print 1 2 .Series 3>>|<<println .Series 1>>", "1 2foo3|foo 1\n")]
#[case("<<len .GroupBySlice>> <<len .Series>>", "2 3")]
#[case("<<slice .Series 1 2>> <<slice .GroupBySlice 1>>", "o [container]")]
#[case("<<index .GroupBySlice 1>>", "container")]
#[case(r#"<<.Series | printf "%s_%s" "x">>"#, "x_foo")]
#[case("<<(index .GroupBySlice 0) | len>>", "3")]
#[case(
    "<<and .Series .GroupBy>> <<or .LabelValuesByName.x .Series>> <<not .Series>>",
    "pod foo false"
)]
#[case("<<and .LabelValuesByName.x (index .GroupBySlice 9)>>", "<no value>")]
#[case(
    "<<if and (gt 2 1) (le 1 1) (lt 1.5 2.5) (ge `b` `a`)>>ok<<end>>",
    "ok"
)]
#[case("<<$x := .Series>><<$x>><<$x = 5>><<$x>>", "foo5")]
#[case("<<if eq .LabelValuesByName.x `a`>>a<<else>>b<<end>>", "b")]
#[case("<<1.5>> <<-3>> <<true>>", "1.5 -3 true")]
#[case("<<0x1F>> <<0b11>> <<010>> <<1_000>> <<'a'>>", "31 3 8 1000 97")]
#[case(
    "<<range $i, $g := .GroupBySlice>><<if $i>><<break>><<end>><<$g>><<end>>!",
    "pod!"
)]
#[case(
    "<<range .GroupBySlice>><<if eq . `pod`>><<continue>><<end>><<.>><<end>>!",
    "container!"
)]
#[case(
    "<<range .GroupBySlice>><<range $.GroupBySlice>><<break>><<end>>x<<end>>",
    "xx"
)]
#[case(
    "<<define `m`>><<.>>=<<$>><<end>>[<<template `m` .Series>>]",
    "[foo=foo]"
)]
#[case(
    "<<block `m` .GroupBy>><<.>><<end>> <<template `m`>>",
    "pod <no value>"
)]
#[case("<<html `<a b='c'>`>>", "&lt;a b=&#39;c&#39;&gt;")]
#[case("<<js `it's <b>`>>", r"it\'s \u003Cb\u003E")]
#[case("<<urlquery `a b/c` 1>>", "a+b%2Fc1")]
#[case(
    "<<printf `%5d|%-5s|%05d|%+d|%.2f|%8.3f|%x|%q` 42 `ab` 42 42 1.5 1.5 255 .GroupBySlice>>",
    r#"   42|ab   |00042|+42|1.50|   1.500|ff|["pod" "container"]"#
)]
#[case(
    "<<printf `%.2s|%t|%c|%e|%g` `abc` true 65 1234.5 0.5>>",
    "ab|true|A|1.234500e+03|0.5"
)]
fn templates_expand_as_in_go(#[case] source: &str, #[case] text: &str) {
    assert_eq!(expand(source), text);
}

#[rstest]
#[case(
    "a <<.Series",
    "PARSE line 1, column 3: this action is not closed by >>"
)]
#[case(
    "a\n b <<nosuch .Series>>",
    "PARSE line 2, column 6: function \"nosuch\" is not defined"
)]
#[case("<<$x>>", "PARSE line 1, column 3: undefined variable $x")]
#[case(
    "<<if .Series>>a",
    "PARSE line 1, column 1: `if` is not closed by `end`"
)]
#[case("a<<end>>", "PARSE line 1, column 2: nothing is open here")]
#[case(
    "<<.Series .GroupBy>>",
    "PARSE line 1, column 11: only a function takes arguments"
)]
#[case("<<>>", "PARSE line 1, column 3: a value is missing here")]
#[case(r#"<<"a>>"#, "PARSE line 1, column 3: this text is not closed by \"")]
#[case("a<<template `x`>>", "ERROR template \"x\" is not defined")]
#[case("<<break>>", "PARSE line 1, column 1: `break` outside of `range`")]
#[case(
    "<<range .GroupBySlice>><<else>><<continue>><<end>>",
    "PARSE line 1, column 32: `continue` outside of `range`"
)]
#[case(
    "<<define `a`>>",
    "PARSE line 1, column 1: `define` is not closed by `end`"
)]
#[case(
    "<<if 1>><<define `a`>><<end>><<end>>",
    "PARSE line 1, column 9: `define` inside of a block"
)]
#[case(
    "<<define `a`>>1<<end>><<define `a`>>2<<end>>",
    "PARSE line 1, column 23: template \"a\" is defined twice"
)]
#[case(
    "<<define `a`>><<template `a`>><<end>><<template `a`>>",
    "ERROR template \"a\" calls itself too often"
)]
#[case(
    "<<define `a`>><<$x>><<end>>",
    "PARSE line 1, column 17: undefined variable $x"
)]
#[case("<<call .Series>>", "ERROR call of a string, which is no function")]
#[case(
    "<<printf `%9999s` `a`>>",
    "ERROR printf: 9999 is too wide; at most 1000"
)]
#[case(
    "<<'ab'>>",
    "PARSE line 1, column 3: write one character in these quotes, or text in \"double\" ones"
)]
#[case(
    "<<.Serie>>",
    "ERROR there is no field .Serie; there are .Series, .LabelMatchers, .LabelValuesByName, .GroupBy, .GroupBySlice"
)]
#[case("<<index .GroupBySlice 9>>", "ERROR index out of range: 9")]
#[case(
    "<<lt .Series 1>>",
    "ERROR incompatible types for comparison: string and int"
)]
#[case("<<range .Series>><<end>>", "ERROR range cannot iterate over a string")]
#[case("<<printf `%d` .Series>>", "ERROR printf: %d does not print a string")]
#[case("<<not>>", "ERROR wrong arguments for not")]
fn a_mistake_is_named_with_its_place(#[case] source: &str, #[case] error: &str) {
    assert_eq!(expand(source), error);
}

#[test]
fn nesting_is_bounded() {
    assert!(expand(&"<<if .Series>>".repeat(100_000)).contains("nest too deep"));
    assert!(expand(&format!("<<{}>>", "(".repeat(100_000))).contains("nest too deep"));
    assert!(
        expand(&format!("<<if .a>>{}", "<<else if .a>>".repeat(100_000))).contains("nest too deep")
    );
}

#[test]
fn the_work_of_an_expansion_is_bounded() {
    let nested = "<<range $.GroupBySlice>>".repeat(40) + &"<<end>>".repeat(40);
    assert_eq!(expand(&nested), "ERROR it takes more than 1000000 steps");
}

proptest! {
    #[test]
    fn no_text_makes_the_expander_panic(source in "\\PC*|(<<|>>|-| |\\.|\\$|[a-z.]{1,9}|\"|`|\\(|\\)|\\||if |else|end|range |break|define |template |block |printf |index |:=|,|9|%|/\\*|\\*/|\n|é){0,40}") {
        let _ = expand(&source);
    }

    #[test]
    fn text_without_delimiters_stays_as_it_is(source in "[^<]*") {
        prop_assert_eq!(expand(&source), source);
    }
}
