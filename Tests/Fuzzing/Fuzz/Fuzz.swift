#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Takes one input that libFuzzer made, and asserts what must hold of any.
typealias FuzzTarget = @Sendable (_ input: Input) -> Void

/// By the name that scripts/fuzz gives in the environment.
private let targets: [String: FuzzTarget] = [
    "answers": fuzzAnswers,
    "framing": fuzzFraming,
    "kubeconfig": fuzzKubeconfig,
    "manifests": fuzzManifests,
    "objects": fuzzObjects,
    "profile": fuzzProfile,
    "syntax": fuzzSyntax,
]

private let target: FuzzTarget = {
    let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = targets[name] else {
        fatalError("FUZZ_TARGET must be one of \(targets.keys.sorted().joined(separator: ", "))")
    }
    return target
}()

/// What libFuzzer calls, again and again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    target(Input(UnsafeBufferPointer(start: start, count: count)))
    return 0
}

/// Stops at an input of which something does not hold that must hold of any.
func law(_ holds: Bool, _ broken: @autoclosure () -> String) {
    guard holds else { fatalError("a law is broken: \(broken())") }
}
