import KubernetesAPI
import TestSupport
import Testing

@testable import ControllerRuntime

@Suite("A store")
struct StoreTests {
    private let store = Store<String>()
    private let key = ObjectKey(namespace: "n", name: "a")

    /// A change in words: `n/a: old -> new`.
    private func words(_ change: Change<String>?) -> String? {
        change.map { "\($0.key.namespace)/\($0.key.name): \($0.old ?? "-") -> \($0.new ?? "-")" }
    }

    @discardableResult
    private func watched(_ value: String, _ version: String, _ name: String = "a") -> String? {
        words(store.observe(.init(namespace: "n", name: name), value, .init(version), fromWatch: true))
    }

    @discardableResult
    private func listed(_ value: String, _ version: String, _ name: String = "a") -> String? {
        words(store.observe(.init(namespace: "n", name: name), value, .init(version), fromWatch: false))
    }

    private func gone(_ version: String, _ name: String = "a") -> String? {
        words(store.observeDeletion(.init(namespace: "n", name: name), .init(version)))
    }

    private func replace(at version: String, ofPresent: Bool = true, _ list: () -> Void) -> [String] {
        store.beginReplace(ofPresent: ofPresent)
        list()
        return store.endReplace(at: .init(version)).compactMap { words($0) }.sorted()
    }

    private var value: String? { store.value("a", in: "n") }

    // MARK: What the API server says

    @Test("reports what changes, with what was there before, and nothing when nothing does")
    func changes() {
        #expect(watched("x", "1") == "n/a: - -> x")
        #expect(watched("x", "2") == nil)
        #expect(watched("y", "3") == "n/a: x -> y")
        #expect(gone("4") == "n/a: y -> -")
        #expect(gone("5") == nil)
        #expect(value == nil)
    }

    @Test("S1: what a list shows changed is a change like any other")
    func listChanges() {
        watched("x", "1")
        let gone = replace(at: "5") { #expect(listed("y", "4") == "n/a: x -> y") }
        #expect(gone.isEmpty)
        #expect(value == "y")
    }

    @Test("S2: what vanished between two lists is gone, with its last known value, once the second has ended")
    func sweep() {
        _ = replace(at: "5") {
            for name in ["a", "b", "c"] { listed("x", "4", name) }
        }
        let gone = replace(at: "9") {
            listed("x", "4", "b")
            // L5: until the list is whole, nothing is gone.
            #expect(store.names(in: "n").sorted() == ["a", "b", "c"])
        }
        #expect(gone == ["n/a: x -> -", "n/c: x -> -"])
        #expect(store.names(in: "n") == ["b"])
    }

    @Test("L5: a list that is begun anew counts from its new beginning")
    func restartedList() {
        _ = replace(at: "5") { listed("x", "4") }
        store.beginReplace(ofPresent: true)
        listed("x", "4")
        let gone = replace(at: "9") { listed("y", "8", "b") }
        #expect(gone == ["n/a: x -> -"])
    }

    @Test(
        "L11: a later version is never overwritten by an earlier one, where versions can be compared",
        arguments: [("10", "9", false), ("9", "10", true), ("5", "5", true), ("b", "a", true), ("7", "a", true)]
    )
    func versions(before: String, after: String, isTaken: Bool) {
        watched("x", before)
        watched("y", after)
        #expect(value == (isTaken ? "y" : "x"))
    }

    @Test("L10: a list of the present state holds also where it shows earlier versions: the cluster was restored")
    func restored() {
        _ = replace(at: "100") {
            listed("x", "100")
            listed("x", "90", "b")
        }
        let gone = replace(at: "60") { #expect(listed("old", "50") == "n/a: x -> old") }
        #expect(gone == ["n/b: x -> -"])
        #expect(watched("new", "61") == "n/a: old -> new")
    }

    @Test("a list from a server that lags behind takes nothing back")
    func laggingList() {
        _ = replace(at: "5") { listed("x", "4") }
        watched("y", "8")
        watched("z", "9", "b")
        let gone = replace(at: "7", ofPresent: false) { #expect(listed("x", "4") == nil) }
        #expect(gone.isEmpty)
        #expect(value == "y")
        #expect(store.value("b", in: "n") == "z")
    }

    @Test("W14: of an object that is there but cannot be read, what was known stays")
    func unreadable() {
        _ = replace(at: "5") { listed("x", "4") }
        let gone = replace(at: "9") {
            store.observeUnreadable(key)
            store.observeUnreadable(.init(namespace: "n", name: "unknown"))
        }
        #expect(gone.isEmpty)
        #expect(store.names(in: "n") == ["a"])
    }

    @Test("S11: a resource that is not served any more has no objects")
    func clear() {
        watched("x", "1")
        watched("y", "2", "b")
        #expect(store.clear().compactMap { words($0) }.sorted() == ["n/a: x -> -", "n/b: y -> -"])
        #expect(store.values(in: "n").isEmpty)
        #expect(watched("x", "1") == "n/a: - -> x")
    }

    @Test("keeps namespaces apart, and cluster-scoped objects without any")
    func namespaces() {
        watched("x", "1")
        _ = store.observe(.init(namespace: "m", name: "a"), "y", .init("2"), fromWatch: true)
        _ = store.observe(.init(name: "a"), "z", .init("3"), fromWatch: true)
        #expect(store.values(in: "n") == ["x"])
        #expect(store.values(in: "m") == ["y"])
        #expect(store.values() == ["z"])
        #expect(store.value("a", in: "other") == nil)
    }

    // MARK: What we wrote

    @Test("S10: a write of our own is seen at once, and reported when the watch shows it")
    func readYourWrites() {
        watched("x", "1")
        store.written(key, "y", .init("3"))
        #expect(value == "y")
        // S4: what came before it is not gone back to.
        #expect(watched("other", "2") == nil)
        #expect(value == "y")
        #expect(watched("y", "3") == "n/a: x -> y")
        #expect(watched("y", "3") == nil)
        #expect(watched("z", "4") == "n/a: y -> z")
    }

    @Test("S10: what others wrote before our own write is reported with it")
    func writesOnTop() {
        watched("x", "1")
        store.written(key, "x+theirs", .init("3"))
        store.written(key, "x+theirs+ours", .init("4"))
        #expect(watched("x+theirs", "2") == nil)
        #expect(watched("x+theirs", "3") == nil)
        #expect(watched("x+theirs+ours", "4") == "n/a: x -> x+theirs+ours")
    }

    @Test("S10: what we created is reported as new, and what we deleted as gone, once the watch shows it")
    func createdAndDeleted() {
        store.written(key, "x", .init("3"))
        #expect(watched("x", "3") == "n/a: - -> x")
        store.deleted(key) { $0 == "x" }
        #expect(value == nil)
        #expect(gone("4") == "n/a: x -> -")
        #expect(gone("5") == nil)
    }

    @Test("S10: what its writer takes up is not reported again, and what comes later is")
    func takenUp() {
        watched("x", "1")
        store.written(key, "x+theirs+ours", .init("3"), isTakenUp: true)
        #expect(watched("x+theirs", "2") == nil)
        #expect(watched("x+theirs+ours", "3") == nil)
        #expect(watched("z", "4") == "n/a: x+theirs+ours -> z")
        store.deleted(key, isTakenUp: true) { $0 == "z" }
        #expect(gone("5") == nil)
        #expect(watched("y", "6") == "n/a: - -> y")
    }

    @Test("S10: what we deleted is reported by the list that does not show it any more")
    func deletedAndListed() {
        watched("x", "1")
        store.deleted(key) { $0 == "x" }
        #expect(replace(at: "5") {} == ["n/a: x -> -"])
        #expect(replace(at: "6") {} == [])
    }

    @Test(
        "L12: an answer that comes after the watch has shown it, or something later, changes nothing",
        arguments: ["3", "4"]
    )
    func lateAnswer(shown: String) {
        watched("z", shown)
        store.written(key, "y", .init("3"))
        #expect(value == "z")
    }

    @Test("L12: an answer that comes after the object was deleted does not bring it back", arguments: [true, false])
    func answerAfterDeletion(byBookmark: Bool) {
        watched("x", "1")
        if byBookmark {
            // Deleted before the list, which told of it by silence.
            _ = replace(at: "4") {}
            store.observeBookmark(.init("5"))
        } else {
            _ = gone("4")
        }
        store.written(key, "y", .init("3"))
        #expect(value == nil)
    }

    @Test("what we created anew is not taken for what was deleted before")
    func createdAnew() {
        watched("x", "1")
        store.written(key, "y", .init("5"))
        #expect(gone("4") == nil)
        #expect(value == "y")
    }

    @Test("a write of our own outlives a list that began before it", arguments: [true, false])
    func writtenDuringList(ofPresent: Bool) {
        _ = replace(at: "5") { listed("x", "4", "b") }
        let gone = replace(at: "6", ofPresent: ofPresent) {
            store.written(key, "y", .init("7"))
            store.written(.init(namespace: "n", name: "b"), "z", .init("8"))
            #expect(listed("x", "4", "b") == nil)
        }
        #expect(gone.isEmpty)
        #expect(value == "y")
        #expect(store.value("b", in: "n") == "z")
    }

    @Test("a deletion of our own does not hit the object that was created in its place")
    func deletedLate() {
        watched("x", "1")
        _ = gone("2")
        watched("y", "3")
        store.deleted(key) { $0 == "x" }
        #expect(value == "y")
    }

    @Test("a version that is missing tells nothing of how far the watch is")
    func missingVersion() {
        watched("x", "5")
        _ = gone("6")
        store.observeBookmark(.init(""))
        store.written(key, "y", .init("4"))
        #expect(value == nil)
    }

    /// One thing that happened in the cluster: a value was written, or the object deleted.
    private struct Event {
        var version: Int
        var name: String
        var value: String?
    }

    // MARK: Contents that are known

    @Test("What is shown with the digest that is kept changes nothing but the version")
    func unchanged() {
        let store = Store<String>(contentDigestOf: { $0.utf8.count })
        #expect(store.observe(key, "abc", .init("5"), fromWatch: true) != nil)
        #expect(store.observeUnchanged(key, 3, .init("7")))
        #expect(store.value("a", in: "n") == "abc")
        // What comes later, and is older than what was shown, is not taken.
        #expect(store.observe(key, "old", .init("6"), fromWatch: true) == nil)
        #expect(store.value("a", in: "n") == "abc")
        #expect(store.observe(key, "new", .init("8"), fromWatch: true) != nil)
    }

    @Test("Nothing is known of what differs, is gone, is older, has yet to be reported, or has no digest")
    func notKnown() {
        let store = Store<String>(contentDigestOf: { $0.isEmpty ? nil : $0.utf8.count })
        #expect(!store.observeUnchanged(key, 3, .init("7")))
        _ = store.observe(key, "abc", .init("5"), fromWatch: true)
        #expect(!store.observeUnchanged(key, 4, .init("7")))
        #expect(!store.observeUnchanged(key, 3, .init("4")))
        store.written(key, "xyz", .init("8"))
        #expect(!store.observeUnchanged(key, 3, .init("9")))
        #expect(store.observe(key, "xyz", .init("9"), fromWatch: true)?.old == "abc")
        _ = store.observeDeletion(key, .init("10"))
        #expect(!store.observeUnchanged(key, 3, .init("11")))
        _ = store.observe(key, "", .init("12"), fromWatch: true)
        #expect(!store.observeUnchanged(key, 0, .init("13")))
        #expect(!self.store.observeUnchanged(key, 3, .init("7")))
    }

    @Test("A list that begins after something was shown unchanged sweeps it away as anything else")
    func unchangedAndSwept() {
        let store = Store<String>(contentDigestOf: { $0.utf8.count })
        _ = store.observe(key, "abc", .init("5"), fromWatch: true)
        #expect(store.observeUnchanged(key, 3, .init("7")))
        store.beginReplace(ofPresent: true)
        #expect(store.endReplace(at: .init("9")).map(\.old) == ["abc"])
    }

    @Test("comes to hold what the cluster holds, whenever the answers to our own writes come", arguments: seeds)
    func converges(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let store = Store<String>()
            // What happened, in its order; the answers to what was done by ourselves come some time after it.
            var cluster: [String: String] = [:]
            var log: [Event] = []
            var steps: [(time: Double, take: () -> Void)] = []
            for version in 9...40 {
                let name = ["a", "b"][Int.random(in: 0...1, using: &generator)]
                let isDeletion = cluster[name] != nil && Int.random(in: 0...2, using: &generator) == 0
                let event = Event(version: version, name: name, value: isDeletion ? nil : "v\(version)")
                let before = cluster[name]
                cluster[name] = event.value
                log.append(event)
                guard Bool.random(using: &generator) else { continue }
                let key = ObjectKey(namespace: "n", name: name)
                let delay = Double.random(in: 0..<8, using: &generator)
                steps.append(
                    (
                        Double(version) + delay,
                        {
                            if let value = event.value {
                                store.written(key, value, .init("\(version)"))
                            } else {
                                store.deleted(key) { $0 == before }
                            }
                        }
                    )
                )
            }
            var lag = 0.0
            for event in log {
                // The watch keeps the order, and lags as it likes.
                lag = max(lag - 1, Double.random(in: 0..<8, using: &generator))
                let key = ObjectKey(namespace: "n", name: event.name)
                steps.append(
                    (
                        Double(event.version) + lag,
                        {
                            let version = ResourceVersion("\(event.version)")
                            if let value = event.value {
                                _ = store.observe(key, value, version, fromWatch: true)
                            } else {
                                _ = store.observeDeletion(key, version)
                            }
                        }
                    )
                )
            }
            for step in steps.sorted(by: { $0.time < $1.time }) { step.take() }
            for name in ["a", "b"] { #expect(store.value(name, in: "n") == cluster[name]) }
        }
    }
}
