import KubernetesAPI
import Testing

@testable import KubernetesClient

@Suite("What is asked")
struct QueryTests {
    private func query(_ items: [(String, String)]) -> String {
        let url = Request(method: .GET, path: "/", query: items).url("")
        return String(url.dropFirst(items.isEmpty ? 1 : 2))
    }

    @Test(
        "L1, L2: a list says what it may be answered from, and never leaves it to the server to guess",
        arguments: [
            (ListQuery(), ""),
            (ListQuery(limit: 500), "limit=500"),
            (
                ListQuery(freshness: .notOlderThan(.init("12"))),
                "resourceVersion=12&resourceVersionMatch=NotOlderThan"
            ),
            (
                ListQuery(freshness: .notOlderThan(.init("12")), limit: 5),
                "limit=5&resourceVersion=12&resourceVersionMatch=NotOlderThan"
            ),
            // A token stands for its own version, and is answered with 400 together with another.
            (
                ListQuery(freshness: .notOlderThan(.init("12")), limit: 5, continueToken: "a+/="),
                "limit=5&continue=a%2B%2F%3D"
            ),
            // So is a match without a version.
            (ListQuery(freshness: .notOlderThan(.init(""))), ""),
        ]
    )
    func list(list: ListQuery, expected: String) {
        #expect(query(list.queryItems) == expected)
    }

    @Test("W1, W2: a watch asks for bookmarks and for an end after whole seconds")
    func watch() {
        let watch = WatchQuery(resourceVersion: .init("12"), timeout: .seconds(301.9))
        #expect(query(watch.queryItems) == "watch=1&allowWatchBookmarks=true&resourceVersion=12&timeoutSeconds=301")
    }

    @Test("selectors are percent-encoded, all of what is not unreserved")
    func selectors() {
        let selection = Selection(namespace: "n", labels: "app in (a,b),tier!=é", fields: "metadata.name=x")
        #expect(
            query(selection.queryItems)
                == "labelSelector=app%20in%20%28a%2Cb%29%2Ctier%21%3D%C3%A9&fieldSelector=metadata.name%3Dx"
        )
        #expect(Selection.all.queryItems.isEmpty)
    }

    @Test("a selection describes itself for people")
    func description() {
        #expect(Selection.all.describe(Thing.resource) == "things.example.com")
        let selection = Selection(namespace: "n", labels: "a=b", fields: "metadata.name=x")
        #expect(selection.describe(Thing.resource) == "things.example.com (n metadata.name=x a=b)")
    }

    @Test("a name in a path stays a name, whatever is in it, and a server's own path stays before it")
    func path() {
        let path = Thing.resource.path(namespace: "n", name: "a?b#c d%2F", subresource: "status")
        let url = Request(method: .GET, path: path).url("https://h:1/prefix")
        #expect(url == "https://h:1/prefix/apis/example.com/v1/namespaces/n/things/a%3Fb%23c%20d%252F/status")
    }

    @Test(
        "L6: an empty token is the end of a list",
        arguments: [
            (#"{"resourceVersion":"5","continue":"c"}"#, "5", "c"),
            (#"{"resourceVersion":"5","continue":""}"#, "5", nil),
            (#"{"resourceVersion":"5","remainingItemCount":3}"#, "5", nil), ("{}", "", nil),
        ]
    )
    func listMetadata(text: String, version: String, token: String?) throws {
        let metadata = try Array(text.utf8).withUnsafeBytes { try Coding.decode(ListMetadata.self, from: $0) }
        #expect(metadata == ListMetadata(resourceVersion: .init(version), continueToken: token))
    }
}
