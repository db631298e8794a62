import NIOCore
import Synchronization
import TestSupport

/// What the proxy is to do wrong at the moment, what it has seen, and what is open.
final class FaultState: Sendable {
    private struct State {
        var rules: [FaultRule] = []
        var generator: SeededGenerator
        // Counts the changes of `rules`.
        var epoch = 0
        var requests: [ProxiedRequest] = []
        var open: [ObjectIdentifier: any Channel] = [:]
        var firstLists: [String: ByteBuffer] = [:]
    }

    private let state: Mutex<State>

    init(seed: UInt64) { state = Mutex(State(generator: SeededGenerator(seed: seed))) }

    var epoch: Int { state.withLock(\.epoch) }
    var requests: [ProxiedRequest] { state.withLock(\.requests) }
    /// Whether this happens to whole connections.
    func isOn(_ fault: Fault) -> Bool {
        state.withLock { $0.rules.contains { $0.fault == fault && $0.applies == nil } }
    }

    /// Changes the rules.
    ///
    /// - Returns: the connections that are to be cut: all of them, save that silence leaves them as they are.
    func change(to rules: [FaultRule]) -> [any Channel] {
        state.withLock { state in
            func isSilence(_ rule: FaultRule) -> Bool { rule.fault == .silence && rule.applies == nil }
            let wasSilent = state.rules.contains(where: isSilence)
            state.rules = rules
            state.epoch += 1
            if rules.contains(where: isSilence) || rules.isEmpty && !wasSilent { return [] }
            return Array(state.open.values)
        }
    }

    func opened(_ channel: any Channel) { state.withLock { $0.open[ObjectIdentifier(channel)] = channel } }
    func closed(_ channel: any Channel) { state.withLock { $0.open[ObjectIdentifier(channel)] = nil } }

    /// Takes note of a request, and says what is to happen to it.
    func admit(_ request: ProxiedRequest) -> (index: Int, fault: Fault?) {
        state.withLock { state in
            var request = request
            for rule in state.rules where rule.applies?(request) != false && rule.fault.concerns(request) {
                guard rule.share >= 1 || Double.random(in: 0..<1, using: &state.generator) < rule.share else {
                    continue
                }
                request.fault = rule.fault
                break
            }
            state.requests.append(request)
            return (state.requests.count - 1, request.fault)
        }
    }

    func answered(_ index: Int, _ status: Int) { state.withLock { $0.requests[index].status = status } }

    /// The first list of a resource that came, `body` being the present one.
    func firstList(_ selection: String, _ body: ByteBuffer) -> ByteBuffer {
        state.withLock { state in
            if let first = state.firstLists[selection] { return first }
            state.firstLists[selection] = body
            return body
        }
    }

    func shuffle(_ items: inout [Any]) {
        let order = state.withLock { state in Array(items.indices).shuffled(using: &state.generator) }
        items = order.map { items[$0] }
    }
}

extension Fault {
    /// Whether it is about requests of this kind.
    func concerns(_ request: ProxiedRequest) -> Bool {
        switch self {
        case .conflict: request.isWrite
        case .largeObject, .unknownEvent, .bookmarksOnly: request.isWatch
        case .goneStatus, .goneEvent, .gonePage, .duplicatedItems, .reorderedItems, .staleLists:
            request.isWatch || request.isList
        default: true
        }
    }
}
