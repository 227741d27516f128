"""Create everything."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0001_initial'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('conversations',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('phone_id', sa.Text(), nullable=False),
    sa.Column('chat_id', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=True),
    sa.Column('named_at', sa.BigInteger(), nullable=False),
    sa.Column('unread', sa.Integer(), nullable=False),
    sa.Column('last_message_id', sa.BigInteger(), nullable=True),
    sa.Column('last_activity_at', sa.BigInteger(), nullable=False),
    sa.Column('answered_at', sa.BigInteger(), nullable=False),
    sa.Column('answered_id', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_conversations')),
    sa.UniqueConstraint('phone_id', 'chat_id', name=op.f('uq_conversations_phone_id_chat_id'))
    )
    with op.batch_alter_table('conversations', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_conversations_last_activity_at_id'), ['last_activity_at', 'id'], unique=False)

    op.create_table('events',
    sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('type', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('phone_id', sa.Text(), nullable=False),
    sa.Column('conversation_id', sa.BigInteger(), nullable=True),
    sa.Column('message_id', sa.BigInteger(), nullable=True),
    sa.Column('notification_id', sa.BigInteger(), nullable=True),
    sa.Column('data', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_events'))
    )
    op.create_table('heads',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('notification_id', sa.BigInteger(), nullable=False),
    sa.Column('conversation_id', sa.BigInteger(), nullable=False),
    sa.Column('message_id', sa.BigInteger(), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_heads_one_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_heads'))
    )
    op.create_table('notifications',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('occasion', sa.BigInteger(), nullable=False),
    sa.Column('fingerprint', sa.LargeBinary(), nullable=False),
    sa.Column('received_at', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('encoding', sa.Text(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notifications')),
    sa.UniqueConstraint('occasion', 'fingerprint', name=op.f('uq_notifications_occasion_fingerprint'))
    )
    with op.batch_alter_table('notifications', schema=None) as batch_op:
        batch_op.create_index('ix_notifications_quarantined', ['id'], unique=False, sqlite_where=sa.text("status = 'quarantined'"), postgresql_where=sa.text("status = 'quarantined'"))

    op.create_table('phones',
    sa.Column('phone_id', sa.Text(), nullable=False),
    sa.Column('product_id', sa.Text(), nullable=True),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('status_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('phone_id', name=op.f('pk_phones'))
    )
    op.create_table('states',
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('fingerprint', sa.LargeBinary(), nullable=False),
    sa.Column('turn', sa.BigInteger(), nullable=False),
    sa.Column('news_at', sa.BigInteger(), nullable=False),
    sa.Column('told_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('subject', 'fingerprint', name=op.f('pk_states'))
    )
    op.create_table('messages',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('notification_id', sa.BigInteger(), nullable=False),
    sa.Column('phone_id', sa.Text(), nullable=False),
    sa.Column('conversation_id', sa.BigInteger(), nullable=False),
    sa.Column('direction', sa.Text(), nullable=False),
    sa.Column('msg_id', sa.Text(), nullable=True),
    sa.Column('whatsapp_id', sa.Text(), nullable=True),
    sa.Column('canonical_key', sa.BigInteger(), nullable=True),
    sa.Column('copy_key', sa.BigInteger(), nullable=True),
    sa.Column('type', sa.Text(), nullable=True),
    sa.Column('text', sa.Text(), nullable=True),
    sa.Column('media', sa.Text(), nullable=True),
    sa.Column('location', sa.Text(), nullable=True),
    sa.Column('quoted', sa.Text(), nullable=True),
    sa.Column('sender_id', sa.Text(), nullable=True),
    sa.Column('sender_name', sa.Text(), nullable=True),
    sa.Column('sender_phone', sa.Text(), nullable=True),
    sa.Column('sent_at', sa.BigInteger(), nullable=True),
    sa.Column('received_at', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.Text(), nullable=True),
    sa.Column('deleted_at', sa.BigInteger(), nullable=True),
    sa.Column('error', sa.Text(), nullable=True),
    sa.Column('payload', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversations.id'], name=op.f('fk_messages_conversation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_messages')),
    sa.UniqueConstraint('canonical_key', 'copy_key', name=op.f('uq_messages_canonical_key_copy_key'))
    )
    with op.batch_alter_table('messages', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_messages_conversation_id_at_id'), ['conversation_id', 'at', 'id'], unique=False)
        batch_op.create_index('uq_messages_msg_id_phone_id', ['msg_id', 'phone_id'], unique=True, sqlite_where=sa.text('msg_id IS NOT NULL'), postgresql_where=sa.text('msg_id IS NOT NULL'))

    op.create_table('acks',
    sa.Column('message_id', sa.BigInteger(), nullable=False),
    sa.Column('type', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('received_at', sa.BigInteger(), nullable=False),
    sa.Column('notification_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_acks_message_id')),
    sa.PrimaryKeyConstraint('message_id', 'type', 'at', name=op.f('pk_acks')),
    sqlite_with_rowid=False
    )
    op.create_table('merged_messages',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('message_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_merged_messages_message_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_merged_messages'))
    )
    with op.batch_alter_table('merged_messages', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_merged_messages_message_id'), ['message_id'], unique=False)

    op.create_table('poll_tallies',
    sa.Column('message_id', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('fingerprint', sa.LargeBinary(), nullable=False),
    sa.Column('tally', sa.Text(), nullable=False),
    sa.Column('received_at', sa.BigInteger(), nullable=False),
    sa.Column('notification_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_poll_tallies_message_id')),
    sa.PrimaryKeyConstraint('message_id', 'at', 'fingerprint', name=op.f('pk_poll_tallies')),
    sqlite_with_rowid=False
    )
    op.create_table('reactions',
    sa.Column('message_id', sa.BigInteger(), nullable=False),
    sa.Column('reactor_id', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('emoji', sa.Text(), nullable=False),
    sa.Column('received_at', sa.BigInteger(), nullable=False),
    sa.Column('notification_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_reactions_message_id')),
    sa.PrimaryKeyConstraint('message_id', 'reactor_id', 'at', 'emoji', name=op.f('pk_reactions')),
    sqlite_with_rowid=False
    )
    op.execute(
        'INSERT INTO heads (id, notification_id, conversation_id, message_id, seq) VALUES (1, 0, 0, 0, 0)'
    )


def downgrade() -> None:
    op.drop_table('reactions')
    op.drop_table('poll_tallies')
    with op.batch_alter_table('merged_messages', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_merged_messages_message_id'))

    op.drop_table('merged_messages')
    op.drop_table('acks')
    with op.batch_alter_table('messages', schema=None) as batch_op:
        batch_op.drop_index('uq_messages_msg_id_phone_id', sqlite_where=sa.text('msg_id IS NOT NULL'), postgresql_where=sa.text('msg_id IS NOT NULL'))
        batch_op.drop_index(batch_op.f('ix_messages_conversation_id_at_id'))

    op.drop_table('messages')
    op.drop_table('states')
    op.drop_table('phones')
    with op.batch_alter_table('notifications', schema=None) as batch_op:
        batch_op.drop_index('ix_notifications_quarantined', sqlite_where=sa.text("status = 'quarantined'"), postgresql_where=sa.text("status = 'quarantined'"))

    op.drop_table('notifications')
    op.drop_table('heads')
    op.drop_table('events')
    with op.batch_alter_table('conversations', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_conversations_last_activity_at_id'))

    op.drop_table('conversations')
