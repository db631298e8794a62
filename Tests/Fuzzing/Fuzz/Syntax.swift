import KubernetesAPI
import PodSecurity
import PrintableText

@testable import Hardening
@testable import KubernetesClient
@testable import Manifests

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Texts with a syntax of their own: the first byte says which, the rest is the text or, in lines, several.
func fuzzSyntax(_ input: Input) {
    var input = input
    input.choose(from: [
        checkGlob, checkQuantity, checkSelector, checkAddress, checkRanges, checkImage, checkVersion, checkTime,
        checkDuration, checkURL, checkShown,
    ])?(input)
}

/// A glob matches what trying everything says that it does.
private func checkGlob(_ input: Input) {
    var input = input
    guard let pattern = input.line(), let name = input.text, let glob = Glob(pattern) else { return }
    law(glob.matches(name) == NaiveGlob(pattern).matches(Array(name.utf8)), "\(pattern) on \(name)")
}

/// Quantities mean what their suffixes say, and a sign only turns them.
private func checkQuantity(_ input: Input) {
    guard let text = input.text else { return }
    if let quantity = Quantity(text), !text.hasPrefix("-"), !text.hasPrefix("+"), text.utf8.count < 64 {
        law(Quantity("-" + text)?.nanos == -quantity.nanos, "a sign does more than turn \(text)")
        law(Quantity("+" + text) == quantity, "a plus changes \(text)")
        let amount = ResourceAmount(quantity, text: text)
        for resource in ["cpu", "memory"] {
            let shown = ResourceAmount(milli: amount.milli, of: resource)
            law(ResourceAmount(shown.text) == amount, "\(text) of \(resource) is shown as \(shown.text)")
        }
    }
    guard !text.isEmpty, text.utf8.count <= 20, text.utf8.allSatisfy({ 48...57 ~= $0 }) else { return }
    for (suffix, zeros) in [("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)] {
        let written = Quantity(text + String(repeating: "0", count: zeros))
        law(Quantity(text + suffix) == written && Quantity("\(text)e\(zeros)") == written, "\(text)\(suffix)")
    }
    let isSmall = (Quantity(text)?.nanos ?? 0) < 1 << 82
    law(!isSmall || Quantity(text + "Ki")?.nanos == Quantity(text).map { $0.nanos * 1024 }, "\(text)Ki")
}

/// A selector matches what each of its requirements, looked at alone, does.
private func checkSelector(_ input: Input) {
    var input = input
    guard let labels = decode([String: String].self, input.line() ?? ""),
        let selector = decode(LabelSelector.self, input.text ?? "")
    else { return }
    let expected =
        (selector.matchLabels ?? [:]).allSatisfy { labels[$0.key] == $0.value }
        && (selector.matchExpressions ?? []).allSatisfy { requirement in
            let isListed = labels[requirement.key].map { requirement.values?.contains($0) == true }
            return switch requirement.operator {
            case .in: isListed == true
            case .notIn: isListed != true
            case .exists: isListed != nil
            case .doesNotExist: isListed == nil
            }
        }
    law(selector.matches(labels) == expected, "a selector matches otherwise than its requirements")
    law(selector.normalized.matches(labels) == expected, "what a selector means changes with its form")
    law(selector.normalized.normalized == selector.normalized, "there are two normal forms")
    law(!selector.isEmpty || expected, "an empty selector does not match all")
    law(selector.problems(at: "here").allSatisfy { $0.field.hasPrefix("here") }, "a problem is elsewhere")
}

private func decode<Value: JSONReadable>(_ type: Value.Type, _ text: String) -> Value? {
    Array(text.utf8).withUnsafeBytes { try? Coding.decode(type, from: $0) }
}

/// An address is one if the C library thinks so, and the same.
private func checkAddress(_ input: Input) {
    guard let text = input.text, !text.utf8.contains(0) else { return }
    let isIPv6 = text.contains(":")
    var bytes = [UInt8](repeating: 0, count: isIPv6 ? 16 : 4)
    let isValid = inet_pton(isIPv6 ? AF_INET6 : AF_INET, text, &bytes) == 1
    law(CIDR(host: text)?.bytes == (isValid ? bytes : nil), "\(text) is another address to the C library")
}

/// Ranges of addresses are ordered by what they contain.
private func checkRanges(_ input: Input) {
    var input = input
    let ranges = (0..<3).compactMap { _ in input.line().flatMap { CIDR($0) } }
    for left in ranges {
        law(left.contains(left) && !left.strictlyContains(left), "\(left) does not contain itself as a whole")
        for right in ranges where left.contains(right) {
            law(!right.strictlyContains(left), "\(left) and \(right) each contain more than the other")
            for inner in ranges where right.contains(inner) {
                law(left.contains(inner), "\(left) contains \(right), but not \(inner) in it")
            }
        }
    }
}

/// The parts of an image's name make up the name.
private func checkImage(_ input: Input) {
    guard let text = input.text else { return }
    let image = ImageReference(text)
    let whole = image.name + (image.tag.map { ":" + $0 } ?? "") + (image.digest.map { "@" + $0 } ?? "")
    law(whole == text, "\(text) is taken apart into \(image)")
}

/// A version is written as it was read.
private func checkVersion(_ input: Input) {
    guard let text = input.text else { return }
    if let version = Version(text) { law("\(version)" == text, "\(text) is written as \(version)") }
    law(!ResourceVersion(text).isNewer(than: ResourceVersion(text)), "\(text) is newer than itself")
}

/// A time is the same when it is written and read.
private func checkTime(_ input: Input) {
    guard let text = input.text, let time = Timestamp(text) else { return }
    // Its offset may lead out of the years that have four digits.
    guard text.utf8.starts(with: "\(time)".utf8.prefix(2)) else { return }
    law(Timestamp("\(time)") == time, "\(text) is written as \(time)")
}

/// A duration is not negative, and its seconds are its own.
private func checkDuration(_ input: Input) {
    guard let text = input.text, let seconds = GoDuration.seconds(text) else { return }
    guard let duration = GoDuration.duration(text) else { return law(false, "\(text) has seconds and is no duration") }
    // Seconds are cut, nanoseconds rounded.
    law(seconds...(seconds + 1) ~= duration.components.seconds, "\(text) is \(seconds) s and \(duration)")
}

/// The normal form of an address is its own normal form, and shows no password.
private func checkURL(_ input: Input) {
    guard let text = input.text else { return }
    if let url = ServerURL.normalized(text) {
        law(ServerURL.normalized(url) == url, "\(text) has two normal forms")
        law(url.contains("@") || ServerURL.withoutUser(url) == url, "\(text) has a user")
    }
    if let proxy = ServerURL.normalized(text, schemes: ["http", "https", "socks5"], allowsUser: true) {
        let shown = ServerURL.withoutUser(proxy)
        law(!shown.contains("@") || shown.contains("://(redacted)@"), "\(text) is shown with its user")
        law(ServerURL.withoutUser(shown) == shown, "\(text) is shown in two ways")
    }
}

/// What is shown has nothing hidden in it, and is no longer than is said.
private func checkShown(_ input: Input) {
    let text = String(decoding: input.bytes, as: UTF8.self)
    for limit in [3, 10, 100, .max] {
        let clean = text.printable(upTo: limit)
        law(!clean.unicodeScalars.contains(where: \.isHidden), "something is hidden")
        law(clean.printable(upTo: limit) == clean, "what is clean can be cleaned")
        law(text.shortened(to: limit).unicodeScalars.count <= limit, "longer than \(limit)")
    }
    var json: [UInt8] = []
    JSONText.append(text, to: &json)
    law(
        decode(String.self, String(decoding: json, as: UTF8.self)) == text,
        "a text is another when it is written as JSON"
    )
    // Paths are made of names that anybody may choose.
    _ = FieldPath.steps(text)
}
