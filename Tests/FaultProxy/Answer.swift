/// An answer of the proxy's own.
struct Answer {
    var status: Int
    var contentType = "application/json"
    var retryAfter: Int?
    var body: String

    private init(_ status: Int, _ body: String, contentType: String = "application/json", retryAfter: Int? = nil) {
        self.status = status
        self.body = body
        self.contentType = contentType
        self.retryAfter = retryAfter
    }

    private static func failure(_ code: Int, _ reason: String, retryAfter: Int? = nil) -> Answer {
        Answer(code, text(code, reason), retryAfter: retryAfter)
    }

    private static func text(_ code: Int, _ reason: String) -> String {
        #"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","#
            + #""message":"a fault of the tests: \#(reason)","reason":"\#(reason)","code":\#(code)}"#
    }

    private static var goneEvent: Answer {
        Answer(200, #"{"type":"ERROR","object":\#(text(410, "Expired"))}"# + "\n")
    }

    /// What a request is answered with in place of being passed on; `nil` when it is passed on.
    static func instead(_ fault: Fault, of request: ProxiedRequest) -> Answer? {
        switch fault {
        case .goneStatus: request.asksForVersion ? failure(410, "Expired") : nil
        case .goneEvent, .duplicatedItems, .reorderedItems, .staleLists: request.isWatch ? goneEvent : nil
        case .gonePage:
            request.isWatch
                ? goneEvent
                : request.asksForVersion || request.value("continue") != nil ? failure(410, "Expired") : nil
        case .tooManyRequests: failure(429, "TooManyRequests")
        case .tooManyRequestsRetryAfter: failure(429, "TooManyRequests", retryAfter: 2)
        case .unavailable: failure(503, "ServiceUnavailable")
        case .unavailableRetryAfter: failure(503, "ServiceUnavailable", retryAfter: 2)
        case .internalError: failure(500, "InternalError")
        case .conflict: failure(409, "Conflict")
        case .unauthorized: failure(401, "Unauthorized")
        case .invalidJSON:
            request.isWatch ? nil : Answer(200, "<html><p>an error page</p></html>\n", contentType: "text/html")
        default: nil
        }
    }
}
