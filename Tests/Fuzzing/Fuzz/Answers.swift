import KubernetesAPI

@testable import Hardening
@testable import KubernetesClient

/// What is read beside objects: the first byte says what, the rest is it.
func fuzzAnswers(_ input: Input) {
    var input = input
    let readers = [readJSON, readEvent, readStatus, readExecCredential, readPrevious, readWarning, readProtobuf]
    input.choose(from: readers)?(input.bytes)
}

private func decode<Value: JSONReadable>(_ type: Value.Type, _ bytes: some Collection<UInt8>) -> Value? {
    Array(bytes).withUnsafeBytes { try? Coding.decode(type, from: $0) }
}

private func readJSON(_ bytes: ArraySlice<UInt8>) {
    guard let value = decode(JSONValue.self, bytes) else { return }
    law(decode(JSONValue.self, value.json) == value, "what was written is read as something else")
}

private func readEvent(_ bytes: ArraySlice<UInt8>) {
    let bytes = Array(bytes)
    switch bytes.withUnsafeBytes({ Coding.event(Namespace.self, from: $0) }) {
    case .error(let status): check(status)
    case .unreadable(let object): law(!object.message.isEmpty, "nobody is told why an event is unreadable")
    case .added, .modified, .deleted, .bookmark: break
    }
}

private func readProtobuf(_ bytes: ArraySlice<UInt8>) {
    guard let message = ProtobufMessage.of(Workload<WorkloadKinds.Pod>.self, from: WorkloadKinds.Pod.resource) else {
        return
    }
    var transcoder = ProtobufTranscoder()
    let bytes = Array(bytes)
    bytes.withUnsafeBytes { bytes in
        if (try? transcoder.append(bytes, as: message)) != nil {
            let json = transcoder.json
            // Text that is no UTF-8 is passed on as it is, and refused by who reads it.
            let isText = String(validating: json, as: UTF8.self) != nil
            law(!isText || decode(JSONValue.self, json) != nil, "what is read of a message is no JSON")
        }
        let event = Coding.event(Workload<WorkloadKinds.Pod>.self, from: bytes, as: message, by: &transcoder)
        switch event {
        case .error(let status): check(status)
        case .unreadable(let object): law(!object.message.isEmpty, "nobody is told why an event is unreadable")
        case .added(let pod), .modified(let pod), .deleted(let pod):
            law(pod.contentDigest != nil, "a pod has no digest")
        case .bookmark: break
        case nil: law(false, "an event is known that nobody knows")
        }
        // Nothing is handed out that is known, and nothing is known that cannot be read.
        let known = Coding.event(
            Workload<WorkloadKinds.Pod>.self,
            from: bytes,
            as: message,
            by: &transcoder,
            isKnown: { _ in true }
        )
        if case .modified = known { law(false, "what is known is handed out") }
    }
    if let status = bytes.withUnsafeBytes({ try? Coding.status(from: $0) }) { check(status) }
}

private func readStatus(_ bytes: ArraySlice<UInt8>) {
    if let status = decode(Status.self, bytes) { check(status) }
}

private func check(_ status: Status) {
    let error = APIError(request: "GET /", code: status.code ?? 500, status: status)
    law(error.retryAfter.map { .zero ... .seconds(3600) ~= $0 } ?? true, "a server can silence a client for good")
    law("\(error)".contains("GET /"), "an error does not say what was asked")
    _ = (error.isTerminal, error.isExpired, error.isTooLargeResourceVersion, error.isUnservedResource)
}

private func readExecCredential(_ bytes: ArraySlice<UInt8>) {
    guard let credential = try? ExecCredential(parsing: Array(bytes), version: .v1, place: "plugin") else { return }
    law(credential.token != nil || credential.clientCertificate != nil, "a credential has nothing to show")
    // A shorter one may be a word of the description's own.
    if let token = credential.token, token.utf8.count > 24 {
        law(!"\(credential)".contains(token), "a token is shown")
    }
}

private func readPrevious(_ bytes: ArraySlice<UInt8>) {
    let previous = Previous(annotation: String(decoding: bytes, as: UTF8.self))
    let again = Previous(annotation: previous.annotation)
    law(again.annotation == previous.annotation, "what is remembered changes when it is read and written")
    let state = NamespaceState.controls(String(decoding: bytes, as: UTF8.self))
    law(
        NamespaceState.controls(NamespaceState(inForce: state).annotations[Marks.inForceAnnotation]) == state,
        "a state"
    )
}

private func readWarning(_ bytes: ArraySlice<UInt8>) {
    let header = String(decoding: bytes, as: UTF8.self)
    law(WarningHeader.text(header).utf8.count <= header.utf8.count, "a warning says more than its header")
}
