import NIOCore
import NIOHTTP2

/// When to ask the other end of a connection whether it is there, and when to give it up.
///
/// A peer that has vanished without a word (a machine that lost power, a firewall that forgot a connection) leaves a
/// connection on which a watch would be silent for as long as its time limit lasts. Pure; time is an argument.
struct Heartbeat: Sendable {
    enum Action: Sendable, Hashable {
        case ping(lookAgain: NIODeadline)
        case look(at: NIODeadline)
        case giveUp
    }

    /// After so much silence the other end is asked. With ``patience``, half of client-go's 45 s
    /// (`apimachinery/pkg/util/net/http.go`): nothing is repaired while a watch is deaf.
    static let usualInterval = TimeAmount.seconds(15)
    /// It is given so long to say anything.
    static let usualPatience = TimeAmount.seconds(10)

    private let interval: TimeAmount
    private let patience: TimeAmount
    private var lastHeard: NIODeadline
    private var asked: NIODeadline?

    init(at now: NIODeadline, interval: TimeAmount = usualInterval, patience: TimeAmount = usualPatience) {
        self.interval = interval
        self.patience = patience
        lastHeard = now
    }

    /// Any bytes are a sign of life.
    mutating func heard(at now: NIODeadline) {
        lastHeard = now
        asked = nil
    }

    mutating func look(at now: NIODeadline) -> Action {
        if let asked { return now - asked >= patience ? .giveUp : .look(at: asked + patience) }
        guard now - lastHeard >= interval else { return .look(at: lastHeard + interval) }
        asked = now
        return .ping(lookAgain: now + patience)
    }
}

/// Closes an HTTP/2 connection whose other end does not answer pings (RFC 9113, section 6.7).
///
/// Stands first in the pipeline: it sees all bytes, and closes without the farewell of TLS, which nobody would answer.
final class HeartbeatHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var heartbeat: Heartbeat
    private var scheduled: Scheduled<Void>?

    private init(_ heartbeat: Heartbeat) { self.heartbeat = heartbeat }

    /// Watches over `channel`.
    static func install(
        on channel: any Channel,
        interval: TimeAmount = Heartbeat.usualInterval,
        patience: TimeAmount = Heartbeat.usualPatience
    ) -> EventLoopFuture<Void> {
        channel.eventLoop.submit {
            let heartbeat = Heartbeat(at: .now(), interval: interval, patience: patience)
            try channel.pipeline.syncOperations.addHandler(HeartbeatHandler(heartbeat), position: .first)
        }
    }

    func handlerAdded(context: ChannelHandlerContext) { look(context) }
    func handlerRemoved(context: ChannelHandlerContext) { scheduled?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        scheduled?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        heartbeat.heard(at: .now())
        context.fireChannelRead(data)
    }

    private func look(_ context: ChannelHandlerContext) {
        switch heartbeat.look(at: .now()) {
        case .look(let time):
            schedule(time, context)
        case .ping(let time):
            let ping = HTTP2Frame(streamID: .rootStream, payload: .ping(HTTP2PingData(), ack: false))
            context.channel.writeAndFlush(ping, promise: nil)
            schedule(time, context)
        case .giveUp:
            context.close(promise: nil)
        }
    }

    private func schedule(_ time: NIODeadline, _ context: ChannelHandlerContext) {
        scheduled = context.eventLoop.assumeIsolated().scheduleTask(deadline: time) { self.look(context) }
    }
}
