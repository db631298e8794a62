import KubernetesAPI
import Testing

@testable import KubernetesClient

@Suite("An error of the API server")
struct APIErrorTests {
    private static func error(_ code: Int, _ status: String = "{}") throws -> APIError {
        let status = try Array(status.utf8).withUnsafeBytes { try Coding.decode(Status.self, from: $0) }
        return APIError(request: "GET /x", code: code, status: status)
    }

    /// All that an error can be said to be.
    private static func kinds(_ error: APIError) -> Set<String> {
        let kinds: [(String, Bool)] = [
            ("expired", error.isExpired), ("too large", error.isTooLargeResourceVersion),
            ("not found", error.isNotFound), ("unserved", error.isUnservedResource), ("conflict", error.isConflict),
            ("unauthorized", error.isUnauthorized), ("forbidden", error.isForbidden),
            ("terminating", error.isNamespaceTerminating), ("terminal", error.isTerminal),
        ]
        return Set(kinds.filter(\.1).map(\.0))
    }

    static let answers: [(Int, String, Set<String>)] = [
        (400, "{}", ["terminal"]),
        (401, "{}", ["unauthorized"]),
        (403, "{}", ["forbidden", "terminal"]),
        // O7: neither a fault of ours nor worth a retry.
        (403, #"{"details":{"causes":[{"reason":"NamespaceTerminating"}]}}"#, ["forbidden", "terminating"]),
        // R11: an object that is not there has a name, a path that is not there has none.
        (404, #"{"reason":"NotFound","details":{"name":"a","kind":"things"}}"#, ["not found"]),
        (404, #"{"reason":"NotFound","details":{}}"#, ["not found", "unserved"]),
        (404, "{}", ["not found", "unserved"]),
        (405, "{}", ["terminal"]),
        (409, #"{"reason":"Conflict"}"#, ["conflict"]),
        (409, #"{"reason":"AlreadyExists"}"#, ["conflict"]),
        // W3: whatever of code and reason says so.
        (410, "{}", ["expired"]),
        (200, #"{"reason":"Expired"}"#, ["expired"]),
        (500, #"{"reason":"Gone","message":"too old resource version: 1 (2)"}"#, ["expired"]),
        (413, "{}", ["terminal"]), (415, "{}", ["terminal"]), (422, "{}", ["terminal"]),
        (429, "{}", []), (500, "{}", []), (503, "{}", []),
        // L10: with a cause, and by old servers' words.
        (504, #"{"reason":"Timeout","details":{"causes":[{"reason":"ResourceVersionTooLarge"}]}}"#, ["too large"]),
        (504, #"{"message":"Too large resource version: 9, current: 5"}"#, ["too large"]),
        (504, "{}", []),
    ]

    @Test(
        "R11: is what its code and status make it",
        arguments: answers
    )
    func classification(code: Int, status: String, expected: Set<String>) throws {
        #expect(try Self.kinds(Self.error(code, status)) == expected)
    }

    @Test("R1: takes the time to wait from the header, else from the status")
    func retryAfter() throws {
        let status = try Self.error(429, #"{"details":{"retryAfterSeconds":3}}"#).status
        #expect(APIError(request: "", code: 429, status: status).retryAfter == .seconds(3))
        #expect(APIError(request: "", code: 429, status: status, retryAfter: .seconds(7)).retryAfter == .seconds(7))
        #expect(APIError(request: "", code: 429).retryAfter == nil)
    }

    @Test("Q8: takes no time to wait at its word that no server would mean", arguments: [Int.max, 3601, -1, Int.min])
    func absurdRetryAfter(seconds: Int) throws {
        let status = try Self.error(503, #"{"details":{"retryAfterSeconds":\#(seconds)}}"#).status
        let expected: Duration = seconds > 0 ? .seconds(3600) : .zero
        #expect(APIError(request: "", code: 503, status: status).retryAfter == expected)
        #expect(APIError(request: "", code: 503, retryAfter: .seconds(seconds)).retryAfter == expected)
    }

    @Test("says what was asked and what was answered, in the best words there are")
    func description() throws {
        let error = try Self.error(409, #"{"reason":"Conflict","message":"changed"}"#)
        #expect(error.description == "GET /x: 409 Conflict: changed")
        #expect(APIError(request: "GET /x", code: 502, body: "<html>").description == "GET /x: 502: <html>")
        #expect(APIError(request: "GET /x", code: 502).description == "GET /x: 502: no further explanation")
    }
}
