import KubernetesAPI
import PodSecurity

extension WorkloadCheck {
    /// No environment variable whose name reads like a credential has its value written into the pod, where everyone who
    /// may read pods reads it, and everyone who may read the repository. The value is never kept or shown.
    ///
    /// A name is taken apart into words at `_`, `-`, `.` and where capitals begin; numbers at its end do not count. It
    /// reads like a credential if its last word is or ends in `PASSWORD`, `PASSWD`, `PASSPHRASE`, `SECRET`, `TOKEN`,
    /// `APIKEY`, `ACCESSKEY`, `SECRETKEY` or `PRIVATEKEY`; or is, with words before it, `PASS` or `PWD`; or is
    /// `PASSWORDS`, `CREDENTIAL` or `CREDENTIALS`; or is `KEY` after one of `API`, `ACCESS`, `SECRET`, `PRIVATE`,
    /// `ENCRYPTION`, `SIGNING`, `MASTER`, `AUTH`, `ACCOUNT`, `SHARED`, `SESSION`.
    ///
    /// So these do not: `PASSWORD_FILE`, `TOKEN_PATH`, `SECRET_NAME`, `AWS_ACCESS_KEY_ID`, `DATABASE_URL`, `KEY`,
    /// `MAX_TOKENS`, `PWD`. Nor do names with a word that makes them a switch (`ALLOW`, `ENABLE`, `DISABLE`, `REQUIRE`,
    /// `USE`, `SKIP`, `NO`, `IS`, `HAS`, `RANDOM`, `GENERATE`, `ROTATE`, `VALIDATE`, `VERIFY`, `CHECK`, `CORS`, `AUTOMOUNT`,
    /// such as `MYSQL_ALLOW_EMPTY_PASSWORD`), nor `GOOGLE_APPLICATION_CREDENTIALS`, which is a path. Nor does a variable
    /// whose value is empty, a boolean, or nothing but a reference to another variable, `$(NAME)`.
    ///
    /// Source: CIS Kubernetes Benchmark 5.4.1; NSA/CISA *Kubernetes Hardening Guide*, "Protecting secrets"; Kubernetes
    /// documentation, *Good practices for Kubernetes Secrets*.
    static let literalSecret = WorkloadCheck(
        id: "literal-secret",
        .high,
        "No credential is written into a pod",
        source: "Kubernetes documentation, \"Good practices for Kubernetes Secrets\"",
        .pod { pod in
            var names: [String] = []
            return .ofContainers(pod.spec) { place, container in
                container.env.enumerated().filter { $0.element.hasValue && readsLikeCredential($0.element.name) }.map {
                    if !names.contains($0.element.name) { names.append($0.element.name) }
                    return .set("\(place).env[\($0.offset)].valueFrom.secretKeyRef", "a Secret, instead of value")
                }
            } message: {
                "\(names.count == 1 ? "variable" : "variables") \(names.joined(separator: ", ")) of \($0) "
                    + (names.count == 1 ? "reads" : "read") + " like a credential and "
                    + (names.count == 1 ? "has its value" : "have their values") + " written there"
            }
        }
    )

    private static let endings = [
        "PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "APIKEY", "ACCESSKEY", "SECRETKEY", "PRIVATEKEY",
    ]
    private static let words: Set<String> = ["PASSWORDS", "CREDENTIAL", "CREDENTIALS"]
    private static let beforeKey: Set<String> = [
        "API", "ACCESS", "SECRET", "PRIVATE", "ENCRYPTION", "SIGNING", "MASTER", "AUTH", "ACCOUNT", "SHARED", "SESSION",
    ]
    private static let switches: Set<String> = [
        "ALLOW", "ENABLE", "ENABLED", "DISABLE", "DISABLED", "REQUIRE", "REQUIRED", "USE", "SKIP", "NO", "IS", "HAS",
        "RANDOM", "GENERATE", "ROTATE", "VALIDATE", "VERIFY", "CHECK", "CORS", "AUTOMOUNT",
    ]

    static func readsLikeCredential(_ name: String) -> Bool {
        var words = words(of: name)
        while let last = words.last, last.utf8.allSatisfy({ 48...57 ~= $0 }) { words.removeLast() }
        guard var last = words.popLast() else { return false }
        while let digit = last.utf8.last, 48...57 ~= digit { last.removeLast() }
        guard !words.contains(where: switches.contains), name != "GOOGLE_APPLICATION_CREDENTIALS" else { return false }
        if last == "KEY" { return words.last.map(beforeKey.contains) ?? false }
        if last == "PASS" || last == "PWD" { return !words.isEmpty }
        return Self.words.contains(last) || endings.contains { last.hasSuffix($0) }
    }

    // `dbPassword` is DB and PASSWORD, `APIToken` is API and TOKEN.
    private static func words(of name: String) -> [String] {
        var words: [String] = []
        var word: [UInt8] = []
        let bytes = Array(name.utf8)
        func isUpper(_ index: Int) -> Bool { bytes.indices.contains(index) && 65...90 ~= bytes[index] }
        func isLower(_ index: Int) -> Bool { bytes.indices.contains(index) && 97...122 ~= bytes[index] }
        func end() {
            if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
            word = []
        }
        for (index, byte) in bytes.enumerated() {
            if "_-.".utf8.contains(byte) {
                end()
                continue
            }
            if isUpper(index), isLower(index - 1) || (isUpper(index - 1) && isLower(index + 1)) { end() }
            word.append(isLower(index) ? byte - 32 : byte)
        }
        end()
        return words
    }
}
